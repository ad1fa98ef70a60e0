"""Proximal policy optimisation of a language model, a batch of completions at a time.

`TokenPPO` is stable-baselines3's `PPO` with its two halves replaced: completions are sampled in
batches with a key-value cache, and an update takes one forward pass for each completion instead of
one for each token. The environments, the policy, callbacks, logger, `save` and `load` are those
that stock `PPO` would use.

Departures from Schulman et al. 2017, https://arxiv.org/abs/1707.06347:

1. A completion is an episode, γ = λ = 1 by default, and nothing is bootstrapped: a batch holds
   whole episodes only.
2. Losses are averaged over tokens, so long completions weigh more than short ones.
3. Advantages are whitened over the tokens of the whole batch, however small they are: where all
   rewards are equal, what remains is the critic's error (`rollout/advantage_std` shows it).
4. Each token is charged a penalty for divergence from the model that training began with (Ouyang
   et al. 2022), if `kl_coefficient` is not 0.
5. The critic reads the actor's trunk without training it, by default, at a learning rate of its
   own.
6. Dropout is off throughout: the old and the new policy differ by their weights only.

Departures from stable-baselines3: `callback.on_step` is called once for each batch, before it is
sampled; timesteps are tokens; each prompt is answered in several environments. As there, a row of
the log holds `rollout/` of its own batch and `train/` of the update before it.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.generation import Completions, generate
from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.losses import (
    approximate_kl,
    clip_fraction,
    clipped_surrogate,
    explained_variance,
    generalized_advantages,
    masked_mean,
    token_rewards,
    value_loss,
    whitened,
)
from countdown_agents.token_ppo.policy import CausalLMPolicy, log_probs_of, require_vocabulary
from countdown_gym.errors import InvalidParameterError

_SAMPLES, _MINIBATCHES = 0, 1  # what a derived seed is for; prompts count on from here
_PROMPTS = 2


class TokenPPO(PPO):
    """PPO for causal language models on `TokenLevel` environments.

    Args:
        policy: The class of the policy.
        env: A vector of `TokenLevel` environments, one for each completion of a batch; see
            `countdown_agents.token_ppo.environments.make_token_env`. None only while loading.
        config: The settings.
        policy_kwargs: Arguments of the policy: `language_model`, and `detach_value` if need be.
        tensorboard_log: A folder for TensorBoard's events.
        verbose: 0 is silent, 1 prints the log.
        seed: Decides prompts, samples and minibatches. Each batch depends on the seed and on its
            own number only, so a run that is saved and loaded goes on as if it had not stopped.
        device: Where the model runs: `auto`, `cpu`, `cuda`.
        _init_setup_model: Whether to build the policy at once; stable-baselines3's `load` does not.

    Raises:
        InvalidParameterError: If the number of environments is no multiple of the samples for each
            prompt.
    """

    policy: CausalLMPolicy
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"CausalLMPolicy": CausalLMPolicy}

    def __init__(
        self,
        policy: str | type[CausalLMPolicy] = CausalLMPolicy,
        env: GymEnv | str | None = None,
        config: TokenPPOConfig | None = None,
        *,
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
        self.reference: PreTrainedModel | None = None
        """The frozen model that training began with, if divergence from it is penalised."""
        self.measures: dict[str, float] = {}
        """What the last batch was like; the logger has forgotten by the next `on_step`."""
        self._batch: CompletionBatch | None = None
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
            policy_kwargs={
                **(policy_kwargs or {}),
                "temperature": self.config.temperature,
                "value_learning_rate": self.config.value_learning_rate,
            },
            verbose=verbose,
            seed=seed,
            device=device,
            _init_setup_model=_init_setup_model,
        )

    def _setup_model(self) -> None:
        """Build the policy and, if divergence is penalised, keep a frozen copy of the model."""
        if self.n_envs % self.config.samples_per_prompt:
            raise InvalidParameterError(
                "the number of environments must be a multiple of samples_per_prompt = "
                f"{self.config.samples_per_prompt}, got {self.n_envs}"
            )
        if self.config.minibatches > max(self.n_envs, 1):
            raise InvalidParameterError(
                f"minibatches must not exceed the number of environments, {self.n_envs}, got "
                f"{self.config.minibatches}"
            )
        super()._setup_model()
        model = self.policy.language_model
        if isinstance(self.action_space, spaces.Discrete):
            require_vocabulary(model, int(self.action_space.n))
        # what is saved must not depend on the folder that the first weights came from
        self.policy_kwargs["language_model"] = model.config.to_dict()
        if self.config.kl_coefficient > 0:
            self.reference = copy.deepcopy(model).requires_grad_(requires_grad=False).eval()

    def _excluded_save_params(self) -> list[str]:
        """Name what is saved as tensors or not at all."""
        return [*super()._excluded_save_params(), "reference", "_batch"]

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
            False if the callback wants training to stop.
        """
        self.policy.set_training_mode(mode=False)
        callback.update_locals(locals())
        if not callback.on_step():
            return False
        callback.on_rollout_start()
        started = time.perf_counter()
        prompts = self._put_prompts(env)
        completions = self._sample(env, prompts)
        seconds = time.perf_counter() - started
        rewards, infos = _pay(env, completions)
        self._batch = self._evaluated(env, prompts, completions, rewards)
        self.batches += 1
        self.num_timesteps += self._batch.written.tokens
        self._log_rollout(rewards, infos, seconds)
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _put_prompts(self, env: VecEnv) -> list[list[int]]:
        """Reset every environment, those of one group to one puzzle; return the prompts' ids."""
        samples = self.config.samples_per_prompt
        prompts: list[list[int]] = []
        for leader in range(0, env.num_envs, samples):
            seed = self._derived_seed(_PROMPTS + leader)
            ((observation, info),) = env.env_method("reset", seed=seed, indices=leader)
            group = list(range(leader + 1, leader + samples))
            if group:
                env.env_method("reset", options={"puzzle": info["puzzle"]}, indices=group)
            prompts += [observation[1 : 1 + observation[0]].tolist()] * samples
        return prompts

    def _sample(self, env: VecEnv, prompts: list[list[int]]) -> Completions:
        (tokenizer,) = env.get_attr("tokenizer", indices=0)
        (budget,) = env.get_attr("max_completion_tokens", indices=0)
        return generate(
            self.policy.language_model,
            prompts,
            max_new_tokens=budget,
            eos_id=tokenizer.eos_id,
            pad_id=tokenizer.pad_id,
            temperature=self.config.temperature,
            generator=torch.Generator().manual_seed(self._derived_seed(_SAMPLES)),
        )

    def _evaluated(
        self,
        env: VecEnv,
        prompts: list[list[int]],
        completions: Completions,
        rewards: Tensor,  # (B,)
    ) -> CompletionBatch:
        """Return the batch with all that the update needs, and log what it is like."""
        (tokenizer,) = env.get_attr("tokenizer", indices=0)
        # tensors made in inference mode cannot take part in training; copies can
        written = Written.join(
            prompts, completions.tokens.clone(), completions.mask.clone(), tokenizer.pad_id
        )
        mask, limit = written.mask, self.config.micro_batch_tokens
        with torch.no_grad():
            log_probs, values, entropies = _in_parts(
                self.policy.evaluate_completions, written, limit
            )
            sampling_errors = (log_probs - completions.log_probs).abs()
            log_ratios = torch.zeros_like(mask)
            reference = self.reference
            if reference is not None:
                (reference_log_probs,) = _in_parts(
                    lambda part: (log_probs_of(reference, part, self.config.temperature),),
                    written,
                    limit,
                )
                log_ratios = log_probs - reference_log_probs
                self.logger.record("rollout/reference_kl", float(masked_mean(log_ratios, mask)))
        paid = token_rewards(rewards.to(mask.device), log_ratios, mask, self.config.kl_coefficient)
        advantages, returns = generalized_advantages(
            paid, values, mask, self.gamma, self.gae_lambda
        )
        spread = masked_mean((advantages - masked_mean(advantages, mask)) ** 2, mask).sqrt()
        self.logger.record("rollout/entropy", float(masked_mean(entropies, mask)))
        self.logger.record("rollout/advantage_std", float(spread))
        self.logger.record("rollout/explained_variance", explained_variance(values, returns, mask))
        # what was sampled and what is trained must be one distribution: 0 but for rounding
        self.logger.record("rollout/sampling_error", float(masked_mean(sampling_errors, mask)))
        return CompletionBatch(written, log_probs, values, whitened(advantages, mask), returns)

    def _log_rollout(self, rewards: Tensor, infos: list[dict[str, Any]], seconds: float) -> None:
        """Log what the environments said and how fast it went."""
        if self._batch is None or self.ep_info_buffer is None or self.ep_success_buffer is None:
            return
        lengths = self._batch.written.lengths.tolist()
        for reward, length, info in zip(rewards.tolist(), lengths, infos, strict=True):
            self.ep_info_buffer.append({"r": reward, "l": length, "t": 0.0})
            self.ep_success_buffer.append(info["solved"])
        faults = [info["fault"] for info in infos]
        self.measures = {
            "reward": float(rewards.mean()),
            "solve_rate": float(np.mean([info["solved"] for info in infos])),
            "completion_tokens": float(np.mean(lengths)),
            "truncated_share": faults.count("truncated") / len(faults),
        }
        for name, measure in self.measures.items():
            self.logger.record(f"rollout/{name}", measure)
        for name in infos[0]["reward_components"]:
            scores = [info["reward_components"][name] for info in infos]
            self.logger.record(f"rollout/reward_{name}", float(np.mean(scores)))
        self.logger.record("time/sampled_tokens_per_second", sum(lengths) / seconds)
        self.logger.record("time/batches", self.batches)

    # --- learning ----------------------------------------------------------------------------

    def train(self) -> None:
        """Go through the batch once for each epoch, one update for each minibatch."""
        if self._batch is None:
            raise InvalidParameterError("train() follows collect_rollouts(), which made no batch")
        self._update_learning_rate(self.policy.optimizer)
        generator = torch.Generator().manual_seed(self._derived_seed(_MINIBATCHES))
        started = time.perf_counter()
        updates: list[dict[str, float]] = []
        for _ in range(self.n_epochs):
            for minibatch in self._batch.minibatches(self.config.minibatches, generator):
                updates.append(self._update(minibatch))
                self._n_updates += 1
        seconds = time.perf_counter() - started
        for name in updates[0]:
            self.logger.record(f"train/{name}", float(np.mean([u[name] for u in updates])))
        self.logger.record("train/first_ratio_error", updates[0]["ratio_error"])
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record(
            "time/updated_tokens_per_second",
            self._batch.written.tokens * self.n_epochs / seconds,
        )

    def _update(self, minibatch: CompletionBatch) -> dict[str, float]:
        """Take one step down the gradient of a minibatch's mean loss; return what it was like."""
        clip = float(self.clip_range(self._current_progress_remaining))  # type: ignore[operator]  # a schedule by now
        optimizer = self.policy.optimizer
        optimizer.zero_grad(set_to_none=True)
        sums: dict[str, float] = {}
        for rows in minibatch.written.micro_batches(self.config.micro_batch_tokens):
            part = minibatch.select(rows)
            # means over tokens add up when weighted by tokens: the parts change nothing
            share = part.written.tokens / minibatch.written.tokens
            loss, measures = self._loss(part, clip)
            (loss * share).backward()
            for name, measure in measures.items():
                sums[name] = sums.get(name, 0.0) + share * float(measure.detach())
        norm = torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        if not torch.isfinite(norm):
            raise FloatingPointError(
                f"the gradient of batch {self.batches} is not finite: lower learning_rate "
                f"({self.config.learning_rate}) or max_gradient_norm ({self.max_grad_norm})"
            )
        optimizer.step()
        return {**sums, "gradient_norm": float(norm)}

    def _loss(self, part: CompletionBatch, clip: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of some completions and what is worth knowing about it."""
        log_probs, values, entropies = self.policy.evaluate_completions(part.written)
        mask = part.written.mask
        policy = clipped_surrogate(log_probs, part.old_log_probs, part.advantages, mask, clip)
        critic = value_loss(values, part.old_values, part.returns, mask, self._value_clip())
        entropy = masked_mean(entropies, mask)
        loss = policy + self.vf_coef * critic - self.ent_coef * entropy
        with torch.no_grad():
            ratio_errors = ((log_probs - part.old_log_probs).exp() - 1).abs()
            measures = {
                "loss": loss,
                "policy_loss": policy,
                "value_loss": critic,
                "entropy": entropy,
                "approximate_kl": approximate_kl(log_probs, part.old_log_probs, mask),
                "clip_fraction": clip_fraction(log_probs, part.old_log_probs, mask, clip),
                "ratio_error": masked_mean(ratio_errors, mask),
            }
        return loss, measures

    def _value_clip(self) -> float | None:
        """Return the clip of the critic at this point of its schedule."""
        schedule = self.clip_range_vf
        return float(schedule(self._current_progress_remaining)) if callable(schedule) else None

    def _update_learning_rate(
        self, optimizers: list[torch.optim.Optimizer] | torch.optim.Optimizer
    ) -> None:
        """Set the actor's rate by its schedule; the critic's keeps its proportion to it."""
        super()._update_learning_rate(optimizers)
        actor, critic = self.policy.optimizer.param_groups
        proportion = self.config.value_learning_rate / self.config.learning_rate
        critic["lr"] = actor["lr"] * proportion

    def _derived_seed(self, purpose: int) -> int:
        """Return a seed for one purpose in the batch at hand, independent of every other."""
        sequence = np.random.SeedSequence(self.seed or 0, spawn_key=(self.batches, purpose))
        return int(sequence.generate_state(1, np.uint32)[0])


def _pay(env: VecEnv, completions: Completions) -> tuple[Tensor, list[dict[str, Any]]]:
    """Hand each completion to its environment; return rewards (B,) and what they were paid for."""
    rewards: list[float] = []
    infos: list[dict[str, Any]] = []
    for row, tokens in enumerate(completions.rows()):
        ((_, reward, _, _, info),) = env.env_method("complete", tokens, indices=row)
        rewards.append(reward)
        infos.append(info)
    return torch.tensor(rewards), infos


def _in_parts(
    evaluate: Callable[[Written], tuple[Tensor, ...]], written: Written, max_tokens: int
) -> list[Tensor]:
    """Return what `evaluate` says of all rows, (B, C) each, asked a micro-batch at a time."""
    found: list[Tensor] = []
    for rows in written.micro_batches(max_tokens):
        answers = evaluate(written.select(rows))
        found = found or [torch.zeros_like(written.mask) for _ in answers]
        for whole, answer in zip(found, answers, strict=True):
            whole[rows, : answer.shape[1]] = answer
    return found
