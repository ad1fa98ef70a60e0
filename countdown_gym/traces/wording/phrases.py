"""What English says for each thing that happens; each phrase shows one habit or none.

The fields: `{a} {b}` the operands and `{c}` the result as the text has it, `{step}` the operation
with its result, `{free}` the free values, `{target}`, `{off}` how far a value is from it,
`{wanted}` a subgoal, `{sources}` what it is to be made of, `{back}` a step back from the target,
`{numbers}` the board. Phrases that turn back say nothing of why, and phrases that compare do not
turn back, so that each habit can be left out and nothing else.
"""

from __future__ import annotations

OPENINGS = (
    "I have the numbers {numbers} and the target is {target}.",
    "The numbers are {numbers}; the target is {target}.",
    "Okay, {numbers}, and the result has to be {target}.",
    "So the task: combine {numbers} into {target}.",
    "We are given {numbers} and asked for {target}.",
    "Let me see. The numbers: {numbers}. Target: {target}.",
    "Alright, {target} out of {numbers}.",
    "Numbers {numbers}, target {target}. Let me work through it.",
)

FIRST_STEPS = (
    "{step}.",
    "Let me take {step}.",
    "Start with {step}.",
    "Begin with {step}.",
    "I could do {step}.",
    "Take {a} and {b}: {step}.",
    "What about {step}?",
    "{step}, which leaves {free}.",
    "With {a} and {b} I get {step}.",
    "From {a} and {b} I can make {c}: {step}.",
    "Say {step}; now I have {free}.",
    "Suppose {step}. Then {free} are left.",
)

LATER_STEPS = (
    "Then {step}.",
    "Next, {step}.",
    "After that, {step}.",
    "And {step}.",
    "Now {step}.",
    "From there, {step}.",
    "Continuing, {step}.",
    "That allows {step}.",
    "So {step}.",
    "Add to that {step}.",
    "With {a} and {b}: {step}.",
)

HITS = (
    "{c} is {target}, exactly the target!",
    "That equals {target}, so it works.",
    "{c} = {target}. Yes!",
    "Check: {c} is what was asked for.",
    "And {target} is the target, so this is right.",
    "This matches {target}.",
    "That hits {target}.",
    "{c}, which is correct.",
    "Yes, {target}!",
    "That is it: {c} is the target.",
)

ABOVE = (
    "{c} is too high.",
    "That is {off} more than {target}.",
    "{c} is not {target}.",
    "{c} overshoots {target} by {off}.",
    "Hmm, {c} is above {target}.",
    "Too big: {c} against {target}.",
    "{c} is larger than {target}, so this does not work.",
    "No, {c}, but {target} was asked for.",
    "{c} ≠ {target}.",
    "That is off by {off}.",
)

BELOW = (
    "{c} is too low.",
    "That is {off} less than {target}.",
    "{c} is not {target}.",
    "{c} falls {off} short of {target}.",
    "Hmm, {c} is below {target}.",
    "Too small: {c} against {target}.",
    "{c} is smaller than {target}, so this does not work.",
    "No, {c}, but {target} was asked for.",
    "{c} ≠ {target}.",
    "That is off by {off}.",
)

RESTARTS = (
    "Let me try something else.",
    "Let me start over.",
    "Another way:",
    "Back to the beginning.",
    "Let me try a different combination.",
    "Going back to {free}.",
    "Let me approach it differently.",
    "Alternatively:",
    "Scrap that and start again from {free}.",
    "Let me try again.",
    "A new attempt.",
    "Instead, from {free}:",
)

RETURNS = (
    "Let me go back to {free}.",
    "Back to where I had {free}.",
    "Undo the last part and return to {free}.",
    "Returning to {free}.",
    "Let me back up to {free} and do it differently.",
    "Instead, from {free} again:",
    "I take that back; again with {free}:",
)

SUBGOALS = (
    "I want to make {wanted} from {sources}.",
    "If I can get {wanted} out of {sources}, I am nearly there.",
    "First I need {wanted}, using {sources}.",
    "The aim is {wanted} from {sources}.",
    "Let me try to reach {wanted} with {sources}.",
    "So a {wanted} is needed, from {sources}.",
    "Let me look for {wanted} among {sources}.",
    "It would help to have {wanted}; let me see what {sources} give.",
)

REACHED = (
    "There is the {wanted}.",
    "That is the {wanted} I was looking for.",
    "Good, I have my {wanted}.",
    "So {wanted} can be made.",
    "That settles the {wanted}.",
)

BACKWARD = (
    "Working backwards from the target, {back}.",
    "From the other end: {back}.",
    "Undoing the last step, {back}.",
    "The target can be unwound: {back}.",
    "Reversing it, {back}.",
    "Backwards from {target}: {back}.",
    "Seen from {target}: {back}.",
)

UNFOUND = (
    "I will answer with this.",
    "I leave it at that.",
    "That is as far as I get.",
    "I will settle for this one.",
)
