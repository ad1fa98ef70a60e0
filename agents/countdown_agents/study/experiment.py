"""One experiment: prime a base model, train it with PPO, and measure it before and after.

Every stage leaves its result in the run folder; a stage whose result is there is not done again,
and PPO goes on from its last checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from stable_baselines3.common.logger import configure
from stable_baselines3.common.utils import get_device
from transformers import PreTrainedModel

from countdown_agents import AGENTS, REFERENCES
from countdown_agents.agent import PolicyAgent
from countdown_agents.evaluation import Evaluation, Scoring, evaluate
from countdown_agents.finetuning import encode_examples, finetune
from countdown_agents.language_model.loading import load_model, require_model
from countdown_agents.language_model.policy import LanguageModelPolicy
from countdown_agents.language_model.tokenizer import load_tokenizer
from countdown_agents.language_model.training import Progress
from countdown_agents.records import read_records, write_records
from countdown_agents.study.config import ExperimentConfig
from countdown_agents.study.pictures import CurvePoint, draw_learning_curve
from countdown_agents.study.runs import SUMMARY, RunFolder
from countdown_agents.token_ppo.callbacks import BatchCallback, Checkpoints, StopAfterBatches
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.datasets import write_rows
from countdown_gym.splits import Split
from countdown_gym.traces.priming import PrimingRecipe, priming_set

_EVALUATION_SEED = 0  # which held-out puzzles there are: the same for every experiment


ShowProgress = Callable[[str, int, int, Mapping[str, float]], None]
"""Takes a stage, how much of it is done, how much there is, and what is known by now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an experiment found."""

    before: Evaluation
    """The primed model on the test puzzles."""
    after: Evaluation
    """The same after PPO."""
    references: Mapping[str, Evaluation]
    """Other players on the same puzzles."""
    finished: bool
    """Whether PPO went through all its batches."""


class Experiment:
    """An experiment in its folder.

    Args:
        path: The run folder; made if it is not there.
        config: The settings; those of the folder if it holds a run.
        show: Told of progress.
        wants_to_stop: Asked between two batches of PPO.

    Raises:
        InvalidParameterError: If the folder holds a run of other settings, or other files.
        MissingResourceError: If the base model is not there.
    """

    def __init__(
        self,
        path: Path,
        config: ExperimentConfig,
        show: ShowProgress = lambda _stage, _done, _total, _measures: None,
        wants_to_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make or recognise the folder and load the tokenizer."""
        require_model(config.base_model)
        self.tokenizer = load_tokenizer(config.base_model)
        self.config = config
        self._family = config.setting.make_family()
        self._wording = config.setting.make_wording()
        self.folder = RunFolder(path, config.to_dict())
        self._show = show
        self._wants_to_stop = wants_to_stop

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    def run(self) -> Outcome:
        """Do what is not done yet; return all that was found."""
        primed = self._primed()
        references = {name: self._reference(name) for name in REFERENCES}
        model = load_model(primed, get_device(self.config.device))
        before = self._measured("before.jsonl", model, "evaluating the primed model")
        ppo = self._trained(primed)
        finished = ppo.batches >= self.config.batches
        # a run that was stopped early is measured as far as it came, and again once it is finished
        name = "after.jsonl" if finished else f"after_{ppo.batches}_batches.jsonl"
        model = ppo.policy.language_model
        after = self._measured(name, model, "evaluating the trained model")
        model.save_pretrained(self.path / "model")
        self.tokenizer.save(self.path / "model")
        outcome = Outcome(before, after, references, finished)
        self._report(outcome, ppo.batches)
        return outcome

    # --- stages ------------------------------------------------------------------------------

    def _primed(self) -> Path:
        """Prime the base model, unless that is done or not wanted; return the model's folder."""
        primed, config = self.path / "primed", self.config
        if config.condition is None:
            return Path(config.base_model)
        if (primed / "config.json").exists():
            return primed
        examples, certificate = priming_set(
            PrimingRecipe(
                self._family,
                self._wording,
                config.setting.teacher,
                num_traces=config.num_traces,
                seed=config.seed,
            ),
            config.condition,
            count_tokens=lambda text: len(self.tokenizer.encode(text)),
            progress=lambda done: self._show("writing traces", done, config.num_traces, {}),
        )
        write_rows((example.to_dict() for example in examples), self.path / "traces.jsonl")
        self.folder.write_json("traces.certificate.json", asdict(certificate))
        model = load_model(config.base_model, get_device(config.device))

        def show(progress: Progress) -> None:
            self._show("priming", progress.step, progress.steps, {"loss": progress.loss})

        encoded = encode_examples(examples, self.tokenizer)
        finetune(model, encoded, config.priming, self.tokenizer.pad_id, show)
        unfinished = self.path / "primed.unfinished"
        model.save_pretrained(unfinished)
        unfinished.replace(primed)
        return primed

    def _reference(self, name: str) -> Evaluation:
        """Ask a player without arguments the test puzzles, unless that is done."""
        return self._recorded(
            f"{name}.jsonl",
            lambda: evaluate(
                AGENTS[name](), self._family, self.config.num_puzzles, _EVALUATION_SEED
            ),
        )

    def _measured(self, name: str, model: PreTrainedModel, stage: str) -> Evaluation:
        """Ask a model the test puzzles, unless that is done."""
        return self._recorded(
            name, lambda: self._evaluate(model, Split.TEST, self.config.num_puzzles, stage)
        )

    def _recorded(self, name: str, measure: Callable[[], Evaluation]) -> Evaluation:
        file = self.path / name
        if file.exists():
            return Evaluation(read_records(file))
        evaluation = measure()
        unfinished = file.with_suffix(".unfinished")
        write_records(evaluation.records, unfinished)
        unfinished.replace(file)
        return evaluation

    def _trained(self, primed: Path) -> TokenPPO:
        """Train with PPO from the last checkpoint on, until done or asked to stop."""
        config, checkpoint = self.config, self.path / "checkpoint.zip"
        env = make_token_env(
            "Countdown-v0",
            self.tokenizer,
            completions=config.prompts_per_batch * config.ppo.samples_per_prompt,
            max_completion_tokens=config.max_completion_tokens,
            env_kwargs={
                "family": config.setting.family,
                "family_parameters": dict(config.setting.family_parameters),
                "prompt_style": self._wording.style,
            },
        )
        if checkpoint.exists():
            ppo = TokenPPO.load(checkpoint, env=env, device=config.device)
        else:
            policy = {"language_model": str(primed)}
            ppo = TokenPPO(
                CausalLMPolicy,
                env,
                replace(config.ppo, total_batches=config.batches),  # schedules end with the run
                policy_kwargs=policy,
                seed=config.seed,
                device=config.device,
            )
        if ppo.batches < config.batches:
            self._learn(ppo, checkpoint)
        env.close()
        return ppo

    def _learn(self, ppo: TokenPPO, checkpoint: Path) -> None:
        """Train until done or asked to stop, with log, curve and checkpoints on the way."""
        log = self.path / "log" / f"from_batch_{ppo.batches}"
        ppo.set_logger(configure(str(log), ["csv", "tensorboard"]))
        ppo.learn(
            10**12,  # tokens; the batches decide
            callback=[
                BatchCallback(self._between_batches),
                Checkpoints(checkpoint, every=self.config.checkpoint_every),
                StopAfterBatches(self.config.batches),
            ],
            reset_num_timesteps=False,
        )
        ppo.logger.dump(ppo.num_timesteps)  # the last update, which no batch follows
        ppo.logger.close()
        if ppo.batches >= self.config.batches:
            self._add_to_curve(ppo)

    def _between_batches(self, ppo: TokenPPO) -> bool:
        """Show how it goes and measure now and then; return whether to go on."""
        names = {"solve rate": "solve_rate", "tokens": "completion_tokens"}
        known = ppo.measures
        measures = {name: known[key] for name, key in names.items() if key in known}
        self._show("PPO", ppo.batches, self.config.batches, measures)
        if ppo.batches % self.config.curve_every == 0:
            self._add_to_curve(ppo)
        return not self._wants_to_stop()

    def _add_to_curve(self, ppo: TokenPPO) -> None:
        """Measure a point of the learning curve, unless it is there."""
        curve = self._curve()
        if any(point.batches == ppo.batches for point in curve):
            return
        evaluation = self._evaluate(
            ppo.policy.language_model, Split.VALIDATION, self.config.curve_puzzles, None
        )
        answers = self.path / "curve" / f"{ppo.batches:05}.jsonl"
        answers.parent.mkdir(exist_ok=True)
        write_records(evaluation.records, answers)
        lengths = [len(self.tokenizer.encode(r.completion)) for r in evaluation.records]
        point = CurvePoint(
            ppo.batches, evaluation.solve_rate, *evaluation.interval(), float(np.mean(lengths))
        )
        points = [*(p for p in curve if p.batches < ppo.batches), point]
        self.folder.write_json("curve.json", [asdict(p) for p in points])

    def _curve(self) -> list[CurvePoint]:
        return [CurvePoint(**point) for point in self.folder.read_json("curve.json") or []]

    def _evaluate(
        self, model: PreTrainedModel, split: Split, num_puzzles: int, stage: str | None
    ) -> Evaluation:
        """Ask a model held-out puzzles at temperature 1."""
        policy = LanguageModelPolicy(
            model,
            self.tokenizer,
            max_new_tokens=self.config.max_completion_tokens,
            seed=self.config.seed,
        )
        done = 0

        def count(_record: object) -> None:
            nonlocal done
            done += 1
            if stage is not None:
                self._show(stage, done, num_puzzles, {})

        return evaluate(
            PolicyAgent(policy, self._wording.style),
            self._family,
            num_puzzles,
            _EVALUATION_SEED,
            split=split,
            scoring=Scoring(batch_size=200),
            on_record=count,
        )

    # --- reporting ---------------------------------------------------------------------------

    def _report(self, outcome: Outcome, batches: int) -> None:
        """Write the picture and the summary."""
        references = [(name, e.solve_rate) for name, e in outcome.references.items()]
        draw_learning_curve(self.path / "learning_curve.png", self._curve(), references)
        named = {"primed": outcome.before, "trained": outcome.after, **outcome.references}
        self.folder.write_json(
            SUMMARY,
            {
                "batches": batches,
                "finished": outcome.finished,
                "puzzles": self.config.num_puzzles,
                "players": {
                    name: {
                        "solve_rate": evaluation.solve_rate,
                        "interval_95": list(evaluation.interval()),
                        "faults": {f.value: n for f, n in evaluation.faults.items()},
                    }
                    for name, evaluation in named.items()
                },
            },
        )
