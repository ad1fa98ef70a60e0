"""What phrases mean in a text that is about no puzzle; English, looked up by their first word.

The lexicon's cues are made for texts about a board and a target. Much of what they hold is common
speech elsewhere ("instead", "return to", "check"), so here a phrase either says more, or counts
only with evidence beside it: see `countdown_gym.behaviors.open_text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum, auto
from functools import cache
from typing import NamedTuple


class Mark(IntEnum):
    """What a phrase may say."""

    CHECK = auto()
    """A check is announced; it counts with an outcome."""
    OUTCOME = auto()
    """A result agrees with what it is held against, or does not."""
    FAILS = auto()
    """A line of reasoning is called a failure."""
    TURN = auto()
    """A line is given up and another begun."""
    SHIFT = auto()
    """Says the same after a failure."""
    AIM = auto()
    """Something intermediate is named as what to reach next."""
    BACK = auto()
    """The reasoning goes from what is wanted to what it takes."""


class Phrase(NamedTuple):
    """A phrase in a text."""

    mark: Mark
    start: int
    end: int


def phrases_of(text: str) -> Iterator[Phrase]:
    """Yield the phrases of a normal text in order; they do not overlap.

    Example:
        >>> [text[a:b] for text in ["2x = 8. scratch that"] for _, a, b in phrases_of(text)]
        ['scratch that']
    """
    known = _by_first_word()
    past = 0
    for word in _WORD.finditer(text):
        if word.start() < past or word[0] not in known:
            continue
        for mark, pattern in known[word[0]]:
            found = pattern.match(text, word.end())
            if found is not None:
                past = found.end()
                yield Phrase(mark, word.start(), past)
                break


_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_AIMS = r"(?:find(?: out)?|determine|show|prove|establish|figure out|work out|solve|know|get)\b"
_SUM = r"(?:find|compute|determine|calculate|solve|show|prove|identify|isolate|derive)\b"
_NEED = r"(?:need|want|have|try|aim)"
_MANY = r"(?:big|small|large|high|low|many|much|few|little|long|short|fast|slow)\b"
_REACH = r"(?:be|hold|equal|vanish|have|reach|make|get|give|work|happen|become)\b"
_SHORT = r"[^.;?!\n]{0,60}?"

_PHRASES: tuple[tuple[Mark, str, str], ...] = (
    # what is announced and what came of it
    (Mark.CHECK, "check|checking", r"(?::|,| that\b| (?:the|our|my|this|whether|if|by) )"),
    (Mark.CHECK, "to", r" (?:double-?check|check|verify)\b(?! out our| our)"),
    (Mark.CHECK, "let|let's|we|i|you", r"(?: me| us)?(?: can| could)? (?:double-?)?check\b"),
    (Mark.CHECK, "let|let's|we|i|you", r"(?: me| us)?(?: can| could)? (?:verify|confirm)\b"),
    (Mark.CHECK, "sanity|double|quick|as", r"(?:-| a | )check\b"),
    (Mark.CHECK, "verify|verifying|verification|proof", r"(?::| that\b| by\b)"),
    (Mark.CHECK, "plug|plugging|substitute|substituting|put|putting", rf" {_SHORT}\bback\b"),
    (Mark.CHECK, "substituting|plugging|expanding|differentiating|listing", r" (?:\(|[a-z0-9]+ )"),
    (Mark.OUTCOME, "as", r" (?:expected|required|desired|claimed|wanted|it should|we wanted)\b"),
    (Mark.OUTCOME, "which|that|this|it", r" (?:agrees?|matche[sd]|works|checks out|checks)\b"),
    (Mark.OUTCOME, "which|that|this|it", r" is (?:indeed|in fact) \w+"),
    (
        Mark.OUTCOME,
        "which|that|this|it|answer|result",
        r"(?:'s| is| was|) (?:clearly |obviously )?(?:not (?:right|correct|possible|equal|what|the)"
        r"|wrong|incorrect|impossible|absurd|too " + _MANY + r"|correct\b|right\b)",
    ),
    (Mark.OUTCOME, "can't|cannot|couldn't", r" (?:possibly )?be (?:right|correct|true)\b"),
    (Mark.OUTCOME, "can", r" not be (?:right|correct|true)\b"),
    (Mark.OUTCOME, "doesn't|does|don't|didn't", r"(?: not)? (?:match|agree|equal|add up)\b"),
    (Mark.OUTCOME, "and", r" (?:it|this|that) (?:works|checks)\b"),
    (Mark.OUTCOME, "the", r" (?:two|results|answers|values|both) (?:agree|match|coincide)\b"),
    (Mark.OUTCOME, "too", rf" {_MANY}(?! to\b| for\b)"),
    (Mark.OUTCOME, "confirms|confirming|agrees|contradicts", r"\b"),
    (Mark.OUTCOME, "in", r" (?:agreement|accordance|accord) with\b"),
    # lines that are left
    (Mark.FAILS, "dead", r" end\b"),
    (
        Mark.FAILS,
        "that|this|which|it|approach|idea|attempt|method|guess|and|but",
        (r"(?: approach| idea| attempt| method| way| one| guess| it)? ?(?:doesn't|does not|didn't"
        r"|did not|won't|will not|can't|cannot) (?:seem to )?(?:work|lead|help|get|go)\b"),
    ),
    (Mark.FAILS, "goes|go|went|leads|leading|gets|got|getting", r" (?:us |me )?nowhere\b"),
    (Mark.FAILS, "i|we", r" (?:made|had) an? (?:\w+ )?(?:mistake|error|slip)\b"),
    (Mark.FAILS, "i|we", r" (?:forgot|misread|overlooked|messed up)\b"),
    (Mark.FAILS, "was|is|were", r" (?:wrong|mistaken|a mistake|hopeless|no good|a dead end)\b"),
    (Mark.FAILS, "fails|failed", r"\b"),
    (Mark.TURN, "scrap|scratch|forget", r" (?:that|this|it)\b(?! (?:all|was|is|you))"),
    (Mark.TURN, "start|starting|begin|beginning", r" (?:over|again|afresh|anew|from scratch)\b"),
    (
        Mark.TURN,
        "let|let's|i'll|we'll|i|we|so|now",
        (r"(?: me| us|'ll| will| should| can| could| now)* (?:re(?:do|consider|think|start|try)"
        r"|try (?:again|something else|(?:a |an |some )?(?:different|another|other|new))"
        r"|look at (?:it|this|that|the \w+) again|go back|step back|backtrack|take a step back)\b"),
    ),
    (Mark.TURN, "going|go|coming", r" back to the (?:beginning|start|drawing|equation|original)\b"),
    (Mark.TURN, "back", r" to (?:the drawing board|square one|the beginning)\b"),
    (Mark.TURN, "wait|hold", r"(?: on)?(?:,|\.|!|-| no\b| i\b| that)"),
    (Mark.TURN, "on", r" second thoughts?\b"),
    (Mark.TURN, "never", r" ?mind\b"),
    (Mark.SHIFT, "a|another|different", (r" ?(?:better|different|another|second|new|other)? "
     r"(?:approach|way|idea|method|attempt|route|angle|substitution|strategy)\b")),
    (Mark.SHIFT, "instead|alternatively|otherwise|rather", r"\b"),
    (Mark.SHIFT, "what|how", r" (?:about|if)\b"),
    (Mark.SHIFT, "let's|let|so|now|ok|okay", r"(?: us| me)? (?:try|use|take|consider)\b"),
    # what is to be reached first
    (
        Mark.AIM,
        "first|next|then|now|second|secondly|firstly|finally",
        (rf",?(?: (?:we|i|you|let's|let us|let me|one))?(?:'ll| will| must| should| can| could)?"
        rf"(?: {_NEED}(?: to)?)? {_AIMS}"),
    ),
    (
        Mark.AIM,
        "we|i|you|we'll|i'll|we'd",
        (r"(?:'ll|'d)?(?: will| would| must| should)?(?: first| just| only| still| then| now)?"
        rf" {_NEED} to (?:first )?(?:compute |calculate )?{_AIMS}"),
    ),
    (Mark.AIM, "need|want|needs", r" (?:a|an|the|some) (?:[a-z]+ ){1,3}first\b"),
    (Mark.AIM, "before", r" (?:anything else|that|this|we can),? (?:[a-z]+ ){0,3}(?:need|find)\b"),
    (Mark.AIM, "it|this", r" (?:remains|is left|is necessary|will be necessary) to\b"),
    (
        Mark.AIM,
        "our|the|my",
        (r" (?:first|next|immediate|intermediate)? ?(?:sub-?goal|goal|aim|objective|task|step)"
        r" (?:is|will be)(?: now| first| then| therefore)? to\b"),
    ),
    (Mark.AIM, "step", rf" \d+ ?[:.)-]* ?(?:we )?{_SUM}"),
    (Mark.AIM, "subgoal|subgoals", r"\b"),
    (Mark.AIM, "break|breaking|split|splitting", r" (?:it|this|the \w+) (?:down |up )?into\b"),
    (Mark.AIM, "can|could|how", r"(?: can| could| do)? (?:we|i) (?:form|make|get|find|reach)\b"),
    # from what is wanted
    (Mark.BACK, "work|working|worked|reasoning|reason", r" back(?:wards?)?(?: from)?\b"),
    (Mark.BACK, "start|starting|begin", r" (?:from|at|with) the (?:end|answer|result)\b"),
    (Mark.BACK, "would|will", r" (?:then )?follow (?:if|from|once|as soon)\b"),
    (Mark.BACK, "it", r" (?:suffices|is enough|is sufficient|would suffice) to\b"),
    (Mark.BACK, "for", rf" {_SHORT}\bto {_REACH}{_SHORT}\b(?:must|need|needs|has to|have to)\b"),
    (
        Mark.BACK,
        "to",
        (rf" (?:get|obtain|have|reach|make|end up with|arrive at) {_SHORT}\b"
        r"(?:we|you|i|it|one|there|they)(?:'d| would| will)? (?:need|must|have to|has to)\b"),
    ),
    (Mark.BACK, "must", r" have (?:been|come|had|started)\b"),
    (Mark.BACK, "what|which", rf" {_SHORT}\b(?:would|must) {_SHORT}\b(?:have to|need to) be\b"),
    (Mark.BACK, "reverse", r"(?:-| )engineer(?:ing)?\b"),
    (Mark.BACK, "in", r" reverse(?: order)?\b"),
)  # fmt: skip


@cache
def _by_first_word() -> dict[str, list[tuple[Mark, re.Pattern[str]]]]:
    found: dict[str, list[tuple[Mark, re.Pattern[str]]]] = {}
    for mark, words, rest in _PHRASES:
        pattern = re.compile(rest.replace(" ", r"[ \t\n]") if _SHORT not in rest else rest)
        for word in words.split("|"):
            found.setdefault(word, []).append((mark, pattern))
    return found
