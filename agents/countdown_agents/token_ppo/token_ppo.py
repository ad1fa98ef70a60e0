"""Policy optimisation of a language model, a batch of completions at a time.

`TokenPPO` is stable-baselines3's `PPO` with its two halves replaced: completions are sampled in
batches with a key-value cache, and an update takes one forward pass for each completion instead of
one for each token. The environments, the policy, callbacks, logger, `save` and `load` are those
that stock `PPO` would use. The stages are modules of their own: `collecting`, `estimating` and
`updating`; this one is the loop.

Departures from Schulman et al. 2017, https://arxiv.org/abs/1707.06347:

1. A completion is an episode, γ = λ = 1 by default, and nothing is bootstrapped: a batch holds
   whole episodes only.
2. Losses are averaged over tokens, so long completions weigh more than short ones.
3. Advantages are whitened over the tokens of the whole batch, however small they are: where all
   rewards are equal, what remains is the critic's error (`rollout/advantage_std` shows it).
4. Each token is charged a penalty for divergence from the model that training began with (Ouyang
   et al. 2022), if `kl_coefficient` is not 0; on request it is part of the loss instead (Shao et
   al. 2024), or its coefficient is steered (Ziegler et al. 2019).
5. The critic reads the actor's trunk without training it, by default, at a learning rate of its
   own.
6. Dropout is off throughout: the old and the new policy differ by their weights only.
7. `rloo`, `grpo` and `reinforce++` take other advantages (see `advantages`) and no critic; the
   clipped surrogate stays, and so does the average over tokens, where Shao et al. average over
   completions first.

Departures from stable-baselines3: `callback.on_step` is called once for each batch, before it is
sampled; timesteps are tokens; each prompt is answered in several environments; the statistics of
`rollout/ep_*` are those of the last batch at least; with `value_clip` the larger of two errors
counts, there the clipped one alone. As there, a row of the log holds `rollout/` of its own batch
and `train/` of the update before it.
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, ProgressBarCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.collecting import (
    Paid,
    answered,
    measured,
    pay,
    put_prompts,
    said_by,
    sample,
    written_by,
)
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.diagnostics import TrainingWarning, Watch
from countdown_agents.token_ppo.divergence import adapted_coefficient
from countdown_agents.token_ppo.estimating import estimated, informative_rows
from countdown_agents.token_ppo.failures import BrokenUpdateError, save_broken_update
from countdown_agents.token_ppo.policy import CausalLMPolicy, Evaluation
from countdown_agents.token_ppo.processes import processes
from countdown_agents.token_ppo.puzzle_sources import FromEnvironment, PuzzleSource
from countdown_agents.token_ppo.saving import SavedWithSettings
from countdown_agents.token_ppo.schedules import at_start
from countdown_agents.token_ppo.setting_up import (
    policy_arguments,
    require_fitting,
    require_token_level,
)
from countdown_agents.token_ppo.updating import LossSettings, NotFiniteError, update
from countdown_gym.errors import InvalidParameterError

_SAMPLES, _MINIBATCHES = 0, 1  # what a derived seed is for; prompts count on from here
_PROMPTS = 2
_PUZZLES = 2**31  # beyond all environments


class TokenPPO(SavedWithSettings):
    """PPO for causal language models on `TokenLevel` environments.

    Args:
        policy: The class of the policy.
        env: A vector of `TokenLevel` environments, one for each completion of a batch; see
            `countdown_agents.token_ppo.environments.make_token_env`. None only while loading.
        config: The settings.
        puzzles: What the batches ask; None leaves it to the environments.
        policy_kwargs: Arguments of the policy: `language_model`, a folder or a configuration, and
            `lora` if need be. The settings fill in the others.
        tensorboard_log: A folder for TensorBoard's events.
        verbose: 0 is silent, 1 prints the log.
        seed: Decides prompts, samples and minibatches. Each batch depends on the seed and on its
            own number only, so a run that is saved and loaded goes on as if it had not stopped.
        device: Where the model runs: `auto`, `cpu`, `cuda`.
        _init_setup_model: Whether to build the policy at once; stable-baselines3's `load` does not.

    Raises:
        InvalidParameterError: If the environments are not wrapped in `TokenLevel`, or their number
            is no multiple of the samples for each prompt.
    """

    policy: CausalLMPolicy
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"CausalLMPolicy": CausalLMPolicy}

    def __init__(  # noqa: PLR0913 - stable-baselines3's arguments, and two of ours
        self,
        policy: str | type[CausalLMPolicy] = CausalLMPolicy,
        env: GymEnv | str | None = None,
        config: TokenPPOConfig | None = None,
        *,
        puzzles: PuzzleSource | None = None,
        policy_kwargs: Mapping[str, Any] | None = None,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        seed: int = 0,
        device: torch.device | str = "auto",
        _init_setup_model: bool = True,
    ) -> None:
        """Build the policy and its optimiser."""
        self.config = config or TokenPPOConfig()
        self.batches = 0
        """How many batches have been sampled."""
        self.kl_coefficient = self.config.kl_coefficient
        """The penalty for divergence as it stands; it moves if it is steered."""
        self.reference: PreTrainedModel | None = None
        """The frozen model that training began with, if divergence from it is penalised and it is
        not the policy's own without its adapters."""
        self.measures: dict[str, float] = {}
        """What the last batch was like; the logger has forgotten by the next `on_step`."""
        self.update_measures: dict[str, float] = {}
        """What the last update was like; empty if a batch had nothing to learn from."""
        self.puzzles: PuzzleSource = FromEnvironment() if puzzles is None else puzzles
        """What the batches ask."""
        self.processes = processes()
        """The processes that train together; usually this one alone."""
        self._watch = Watch(self.config)
        self._batch: CompletionBatch | None = None
        self._batches_at_start = 0
        super().__init__(
            policy,
            env,  # type: ignore[arg-type]  # None is what stable-baselines3's own load passes
            learning_rate=self.config.learning_rate,
            n_steps=2,  # of stable-baselines3's own buffer, which stays empty
            batch_size=2,
            n_epochs=self.config.epochs,
            gamma=self.config.gamma,
            gae_lambda=self.config.gae_lambda,
            clip_range=self.config.clip,
            clip_range_vf=self.config.value_clip,
            ent_coef=self.config.entropy_coefficient,
            vf_coef=self.config.value_coefficient,
            max_grad_norm=self.config.max_gradient_norm,
            tensorboard_log=tensorboard_log,
            policy_kwargs=policy_arguments(self.config, policy_kwargs or {}),
            verbose=verbose,
            seed=seed,
            device=self.processes.device or device,
            _init_setup_model=_init_setup_model,
        )

    @staticmethod
    def _wrap_env(env: GymEnv, verbose: int = 0, monitor_wrapper: bool = True) -> VecEnv:
        """Make a vector of environments, here, in `set_env` and in `load`, if they fit."""
        require_token_level(env)
        return SavedWithSettings._wrap_env(env, verbose, monitor_wrapper)  # noqa: SLF001 - what is overridden

    def _setup_model(self) -> None:
        """Build the policy and, if divergence is penalised, keep a frozen copy of the model."""
        require_fitting(self.config, self.n_envs, self.puzzles, self.processes)
        # a mean over fewer episodes than a batch has would be one over the last of its prompts
        self._stats_window_size = max(self._stats_window_size, self.n_envs)
        super()._setup_model()
        self.policy.precision = self.config.precision
        model = self.policy.language_model
        # what is saved must not depend on the folder that the first weights came from
        self.policy_kwargs["language_model"] = model.config.to_dict()
        self.processes.agree(self.policy.state_dict().values())
        if self.config.needs_reference and self.policy.lora is None:
            self.reference = copy.deepcopy(model).requires_grad_(requires_grad=False).eval()

    def learn(
        self,
        total_timesteps: int | None = None,
        callback: MaybeCallback = None,
        log_interval: int = 1,
        tb_log_name: str = "TokenPPO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Train until so many tokens or `config.total_batches` batches have been sampled.

        Args:
            total_timesteps: In tokens; None leaves the end to `total_batches`.
            callback: Asked before each batch.
            log_interval: How many batches lie between two rows of the log.
            tb_log_name: The name of the run for TensorBoard.
            reset_num_timesteps: Whether to begin anew; a loaded run goes on with False.
            progress_bar: Whether to show on the terminal how many tokens have been sampled, of all
                that there may be: where `total_batches` ends training, the bar ends early, for few
                completions fill their budget.

        Raises:
            InvalidParameterError: If neither says when to end.
        """
        if total_timesteps is None:
            total_timesteps = self._most_tokens()
        if reset_num_timesteps:
            self._batches_at_start = self.batches
        return super().learn(
            total_timesteps,
            callback,
            log_interval,
            tb_log_name,
            reset_num_timesteps,
            progress_bar,
        )

    def _init_callback(self, callback: MaybeCallback, progress_bar: bool = False) -> BaseCallback:
        """Prepare what is asked before each batch, and a bar of tokens if one is wanted."""
        asked = super()._init_callback(callback)
        if progress_bar:
            return super()._init_callback(CallbackList([asked, _TokenBar()]))
        return asked

    def _most_tokens(self) -> int:
        """Return one more than `total_batches` batches can have, so that the batches decide.

        Raises:
            InvalidParameterError: If it is not known how many batches there are.
        """
        batches = self.config.total_batches
        if batches is None:
            raise InvalidParameterError(
                "learn() needs total_timesteps, in tokens, or a config with total_batches; got "
                "neither"
            )
        budgets: list[int] = [] if self.env is None else self.env.get_attr("max_completion_tokens")
        return 1 + batches * sum(budgets) * self.processes.count

    # --- saving ------------------------------------------------------------------------------

    def _excluded_save_params(self) -> list[str]:
        """Name what is saved as tensors or not at all."""
        return [*super()._excluded_save_params(), "reference", "processes", "_batch"]

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        """Name what is saved as tensors."""
        modules, tensors = super()._get_torch_save_params()
        return (modules if self.reference is None else [*modules, "reference"]), tensors

    # --- sampling ----------------------------------------------------------------------------

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """Sample and pay one completion in each environment.

        Returns:
            False if the callback wants training to stop, or all batches have been sampled.
        """
        self.policy.set_training_mode(mode=False)
        callback.update_locals(locals())
        if not callback.on_step() or self._is_last_batch_done():
            return False
        callback.on_rollout_start()
        started = time.perf_counter()
        samples = self.config.samples_per_prompt
        asked = self.puzzles.draw(
            env.num_envs // samples, np.random.default_rng(self._derived_seed(_PUZZLES))
        )
        prompts = put_prompts(env, asked, samples, lambda row: self._derived_seed(_PROMPTS + row))
        completions = sample(self.policy, env, prompts, self._derived_seed(_SAMPLES))
        seconds = time.perf_counter() - started
        paid = pay(env, completions)
        written = written_by(env, prompts, completions)
        lengths = written.lengths.tolist()
        self.measures = {**measured(paid, lengths), **self.puzzles.measures()}
        said = said_by(self.policy, completions)
        self._batch = self._learnable(written, said, paid.rewards)
        self.measures = self.processes.mean(self.measures)
        self.puzzles.note(answered(paid, samples))
        self.batches += 1
        tokens = int(self.processes.total(written.tokens))
        self.num_timesteps += tokens
        self._note_episodes(paid, lengths)
        for name, measure in self.measures.items():
            self.logger.record(f"rollout/{name}", measure)
        self.logger.record("time/sampled_tokens_per_second", tokens / seconds)
        self.logger.record("time/batches", self.batches)
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _learnable(
        self,
        written: Written,
        said: Evaluation,
        rewards: Tensor,  # (B,)
    ) -> CompletionBatch | None:
        """Return what the update learns from, None if there is nothing, and measure it."""
        kept = torch.arange(len(rewards))
        if self.config.drop_uniform_groups:
            kept = informative_rows(rewards, self.config.samples_per_prompt)
            self.measures["dropped_share"] = 1 - len(kept) / len(rewards)
        if not len(kept):
            return None
        rows = kept.to(written.mask.device)
        part = written.select(rows)
        batch, measures = estimated(
            self.policy,
            self.reference,
            part,
            said.select(rows, part.mask.shape[1]),
            rewards[kept],
            self.config,
            self.kl_coefficient,
            self.processes,
        )
        self.measures |= measures
        return batch

    def _is_last_batch_done(self) -> bool:
        total = self.config.total_batches
        return total is not None and self.batches - self._batches_at_start >= total

    def _note_episodes(self, paid: Paid, lengths: list[int]) -> None:
        """Keep rewards, lengths in tokens and successes as stable-baselines3's `Monitor` would."""
        if self.ep_info_buffer is None or self.ep_success_buffer is None:
            return
        seconds = round((time.time_ns() - self.start_time) / 1e9, 6)
        for reward, length, info in zip(paid.rewards.tolist(), lengths, paid.infos, strict=True):
            self.ep_info_buffer.append({"r": reward, "l": length, "t": seconds})
            self.ep_success_buffer.append(info["solved"])

    # --- learning ----------------------------------------------------------------------------

    def train(self) -> None:
        """Go through the batch once for each epoch, one update for each minibatch; look at it.

        Raises:
            BrokenUpdateError: If an update is not finite; the error names the file with its data.
        """
        self._update_learning_rate(self.policy.optimizer)
        self.update_measures = {} if self._batch is None else self._learn_from(self._batch)
        self._steer()
        for sentence in self._watch.note({**self.measures, **self.update_measures}):
            warnings.warn(f"batch {self.batches}: {sentence}", TrainingWarning, stacklevel=2)

    def _learn_from(self, batch: CompletionBatch) -> dict[str, float]:
        """Make all updates of a batch; return what they were like."""
        settings = self._loss_settings()
        generator = torch.Generator().manual_seed(self._derived_seed(_MINIBATCHES))
        started = time.perf_counter()
        updates: list[dict[str, float]] = []
        for _ in range(self.n_epochs):
            for minibatch in self._minibatches(batch, generator):
                updates.append(self._update(minibatch, settings))
                self._n_updates += 1
        seconds = time.perf_counter() - started
        measures = {name: float(np.mean([u[name] for u in updates])) for name in updates[0]}
        measures |= {"first_ratio_error": updates[0]["ratio_error"], "clip_range": settings.clip}
        for name, measure in measures.items():
            self.logger.record(f"train/{name}", measure)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        tokens = batch.written.tokens * self.n_epochs
        self.logger.record("time/updated_tokens_per_second", tokens / seconds)
        return measures

    def _minibatches(
        self, batch: CompletionBatch, generator: torch.Generator
    ) -> Iterator[CompletionBatch]:
        if self.config.minibatch_tokens is None:
            return batch.minibatches(self.config.minibatches, generator)
        return batch.minibatches_of(self.config.minibatch_tokens, generator)

    def _update(self, minibatch: CompletionBatch, settings: LossSettings) -> dict[str, float]:
        """Make one update, and keep its data if it breaks."""
        try:
            return update(
                self.policy,
                minibatch,
                settings,
                micro_batch_tokens=self.config.tokens_at_once(self.device.type),
                max_gradient_norm=self.max_grad_norm,
                together=self.processes,
            )
        except NotFiniteError as error:
            weights = self.policy.state_dict()
            path = save_broken_update(error, self.batches, weights, self.logger.get_dir())
            raise BrokenUpdateError(
                f"the {error.what} of batch {self.batches} is not finite, and training stopped "
                f"before that update; its data is in {path} (read_broken_update reads it); lower "
                f"learning_rate ({at_start(self.config.learning_rate)}) or max_gradient_norm "
                f"({self.max_grad_norm}), or look at the rewards",
                path,
            ) from error
        except torch.OutOfMemoryError as error:
            error.add_note(
                f"an update of batch {self.batches} needs more memory than the device has: lower "
                f"micro_batch_tokens ({self.config.tokens_at_once(self.device.type)})"
            )
            raise

    def _loss_settings(self) -> LossSettings:
        """Return the numbers in the loss at this point of their schedules."""
        remaining = self._current_progress_remaining
        cuts_values = callable(self.clip_range_vf)
        return LossSettings(
            clip=float(self.clip_range(remaining)),  # type: ignore[operator]  # a schedule by now
            value_clip=float(self.clip_range_vf(remaining)) if cuts_values else None,  # type: ignore[operator,misc]  # as above
            value_coefficient=self.vf_coef,
            entropy_coefficient=self.ent_coef,
            kl_coefficient=self.kl_coefficient if self.config.kl_in == "loss" else 0.0,
            kl_estimator=self.config.kl_estimator,
        )

    def _steer(self) -> None:
        """Move the penalty for divergence towards its target, if it has one."""
        divergence = self.measures.get("reference_kl_per_completion")
        if self.config.kl_target is not None and divergence is not None:
            self.kl_coefficient = adapted_coefficient(
                self.kl_coefficient, divergence, self.config.kl_target
            )

    def _update_current_progress_remaining(self, num_timesteps: int, total_timesteps: int) -> None:
        """Measure progress in batches, where it is known how many there will be."""
        total = self.config.total_batches
        if total is None:
            super()._update_current_progress_remaining(num_timesteps, total_timesteps)
        else:
            done = self.batches - self._batches_at_start - 1
            self._current_progress_remaining = 1 - done / total

    def _update_learning_rate(
        self, optimizers: list[torch.optim.Optimizer] | torch.optim.Optimizer
    ) -> None:
        """Set the actor's rate by its schedule; the critic's keeps its proportion to it."""
        super()._update_learning_rate(optimizers)
        actor, *critics = self.policy.optimizer.param_groups
        proportion = self.config.value_learning_rate / at_start(self.config.learning_rate)
        for critic in critics:
            critic["lr"] = actor["lr"] * proportion

    def _derived_seed(self, purpose: int) -> int:
        """Return a seed for one purpose in the batch at hand, independent of every other."""
        key = [self.batches, purpose, *([self.processes.rank] if self.processes.rank else [])]
        sequence = np.random.SeedSequence(self.seed or 0, spawn_key=key)
        return int(sequence.generate_state(1, np.uint32)[0])


class _TokenBar(ProgressBarCallback):
    """Moves by the tokens of each batch, where stable-baselines3's moves by its environments."""

    _shown = 0

    def _on_training_start(self) -> None:
        super()._on_training_start()
        self._shown = self.model.num_timesteps

    def _on_step(self) -> bool:
        self.pbar.update(self.model.num_timesteps - self._shown)
        self._shown = self.model.num_timesteps
        return True

    def _on_training_end(self) -> None:
        self._on_step()
        super()._on_training_end()
