"""A language model of transformers plays, several samples for each puzzle; its answers are kept.

The small base model that comes with the package stands for any other: name a folder that
`save_pretrained` wrote, a LoRA adapter, or a model on the hub, such as "Qwen/Qwen2.5-0.5B".
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from countdown_agents import ChatAgent
from countdown_agents.evaluation import examine
from countdown_agents.examination import Examination
from countdown_agents.language_model.pretrained import load_pretrained
from countdown_agents.models import BASE_MODEL
from countdown_agents.record_file import RecordFile
from countdown_agents.toy import TOY_FAMILY

loaded = load_pretrained(BASE_MODEL)
policy = loaded.policy(max_new_tokens=96, temperature=0.7, stop=("</answer>",))
agent = ChatAgent(policy, loaded.style)
asked = Examination(TOY_FAMILY, num_puzzles=40, samples=4)

with TemporaryDirectory() as folder, RecordFile(Path(folder) / "answers.jsonl", {}) as file:
    evaluation = examine(agent, asked, file)  # a run that is killed goes on from the file

low, high = evaluation.interval()
print(f"pass@1 {evaluation.solve_rate:.2f} ({low:.2f} to {high:.2f})")
for k in (2, 4):
    chance, low, high = evaluation.pass_at(k)
    print(f"pass@{k} {chance:.2f} ({low:.2f} to {high:.2f})")
print("faults:", ", ".join(f"{fault} {count}" for fault, count in evaluation.faults.items()))
