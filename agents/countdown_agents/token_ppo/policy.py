"""A causal language model as an actor-critic policy of stable-baselines3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from countdown_agents.language_model.loading import load_model
from countdown_agents.token_ppo.buffer import Written
from countdown_gym.errors import InvalidParameterError

LanguageModelSource = str | Path | Mapping[str, Any]
"""Where a model comes from: a folder, or its configuration, for one of random weights."""


class Evaluation(NamedTuple):
    """What a policy says of the tokens of completions; 0 on padding."""

    log_probs: Tensor  # (B, C)
    values: Tensor  # (B, C) predicted before each token
    entropies: Tensor  # (B, C)


class LanguageModelFeatures(BaseFeaturesExtractor):
    """The trunk of a language model: token ids in, the hidden state of the last token out.

    Reads the observations of `countdown_gym.envs.tokens.TokenLevel`: a count, ids, padding.
    """

    def __init__(
        self, observation_space: spaces.Space[Any], language_model: PreTrainedModel
    ) -> None:
        """Take a model with its weights."""
        width = language_model.get_output_embeddings().weight.shape[1]
        super().__init__(observation_space, width)
        self.language_model = language_model

    def forward(self, observations: Tensor) -> Tensor:
        """Return hidden states (B, H) of observations (B, 1 + T), cast to float on their way."""
        ids = observations.long()
        lengths = ids[:, 0]
        hidden = hidden_states(self.language_model, ids[:, 1 : 1 + int(lengths.max())])
        return hidden[torch.arange(len(ids), device=ids.device), lengths - 1]


class CausalLMPolicy(ActorCriticPolicy):
    """Any causal language model of transformers as an actor, with a linear critic on its trunk.

    The same policy runs under stock `stable_baselines3.PPO` on a `TokenLevel` environment, one
    forward pass for each token, and under `TokenPPO`, one for each completion.

    Args:
        observation_space: That of a `TokenLevel` environment.
        action_space: The token ids.
        lr_schedule: The actor's learning rate by the progress that remains.
        language_model: A folder, or the configuration of a model as a mapping.
        temperature: What the logits are divided by, in sampling and in training alike.
        value_learning_rate: The critic's learning rate at the start; None takes the actor's.
            Under `TokenPPO` it keeps its proportion to the actor's; stock PPO sets both alike.
        detach_value: Whether the critic's loss stays out of the trunk.
        use_sde: Must be False; stable-baselines3 passes it.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Discrete,
        lr_schedule: Schedule,
        *,
        language_model: LanguageModelSource,
        temperature: float = 1.0,
        value_learning_rate: float | None = None,
        detach_value: bool = True,
        use_sde: bool = False,
    ) -> None:
        """Load or make the language model and put a critic beside it."""
        self.temperature = temperature
        self.value_learning_rate = value_learning_rate
        self.detach_value = detach_value
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            use_sde=use_sde,
            features_extractor_class=LanguageModelFeatures,
            features_extractor_kwargs={"language_model": _build_language_model(language_model)},
        )

    @property
    def language_model(self) -> PreTrainedModel:
        """The actor."""
        model = self.features_extractor.language_model
        if not isinstance(model, PreTrainedModel):
            raise TypeError(f"the features come from a language model, got {type(model).__name__}")
        return model

    def evaluate_completions(self, written: Written) -> Evaluation:
        """Return log-probabilities, values and entropies in one forward pass over whole sequences.

        They are those that `evaluate_actions` finds token by token.
        """
        states = predicting_states(self.language_model, written)
        log_distribution = self._logits(states).log_softmax(dim=-1)
        entropies = -(log_distribution.exp() * log_distribution).sum(dim=-1)
        return Evaluation(
            _spread(_chosen(log_distribution, written), written),
            _spread(self.value_net(states).squeeze(-1), written),
            _spread(entropies, written),
        )

    def _build(self, lr_schedule: Schedule) -> None:
        """Add the critic and make the optimiser, whose two groups are the actor and the critic."""
        self.mlp_extractor = _Identity()  # type: ignore[assignment]  # ours has no layers
        self.value_net = _ValueHead(self.features_dim, detach=self.detach_value)  # type: ignore[assignment]  # not Linear itself
        rate = lr_schedule(1)
        critic_rate = rate if self.value_learning_rate is None else self.value_learning_rate
        self.optimizer = torch.optim.Adam(
            [
                {"params": list(self.language_model.parameters()), "lr": rate},
                {"params": list(self.value_net.parameters()), "lr": critic_rate},
            ]
        )

    def _get_action_dist_from_latent(self, latent_pi: Tensor) -> Distribution:
        """Return the distribution of the next token, given the hidden state of the last."""
        if not isinstance(self.action_dist, CategoricalDistribution):
            raise TypeError(f"the action space must be Discrete, got {self.action_space}")
        return self.action_dist.proba_distribution(self._logits(latent_pi))

    def _logits(self, states: Tensor) -> Tensor:
        return logits(self.language_model, states) / self.temperature

    def _get_constructor_parameters(self) -> dict[str, Any]:
        """Return what rebuilds the policy; the weights come from the saved state."""
        return {
            "observation_space": self.observation_space,
            "action_space": self.action_space,
            "lr_schedule": self._dummy_schedule,
            "language_model": self.language_model.config.to_dict(),
            "temperature": self.temperature,
            "value_learning_rate": self.value_learning_rate,
            "detach_value": self.detach_value,
        }


def require_vocabulary(model: PreTrainedModel, size: int) -> None:
    """Refuse a model that cannot write every token; it may have more rows than tokens.

    Raises:
        InvalidParameterError: If the model's vocabulary is smaller than `size`.
    """
    rows = int(model.get_output_embeddings().weight.shape[0])
    if rows < size:
        raise InvalidParameterError(
            f"the language model's vocabulary must hold the tokenizer's {size} tokens, got {rows}"
        )


def hidden_states(model: PreTrainedModel, tokens: Tensor) -> Tensor:
    """Return hidden states (B, T, H) of ids (B, T) that have padding on the right only.

    Attention is causal, so no token sees the padding after it and no mask is needed.
    """
    states: Tensor = model.base_model(input_ids=tokens, use_cache=False).last_hidden_state
    return states


def logits(model: PreTrainedModel, states: Tensor) -> Tensor:
    """Return logits (…, V) in single precision of hidden states (…, H)."""
    out: Tensor = model.get_output_embeddings()(states)
    return out.float()


def predicting_states(model: PreTrainedModel, written: Written) -> Tensor:
    """Return the hidden states (N, H) from which the N tokens of all completions are predicted."""
    hidden = hidden_states(model, written.sequences)
    steps = torch.arange(written.mask.shape[1], device=hidden.device)
    # the token at place p is predicted from the state at p - 1
    places = (written.starts.unsqueeze(1) - 1 + steps).clamp(max=hidden.shape[1] - 1)
    rows = torch.arange(len(hidden), device=hidden.device).unsqueeze(1)
    return hidden[rows, places][written.mask.bool()]


def log_probs_of(model: PreTrainedModel, written: Written, temperature: float) -> Tensor:
    """Return the log-probabilities (B, C) that a model without a critic gives completions."""
    scaled = logits(model, predicting_states(model, written)) / temperature
    return _spread(_chosen(scaled.log_softmax(dim=-1), written), written)


def _chosen(
    log_distribution: Tensor,  # (N, V)
    written: Written,
) -> Tensor:  # (N,)
    tokens = written.completions[written.mask.bool()]
    return log_distribution.gather(1, tokens.unsqueeze(1)).squeeze(1)


def _spread(
    of_tokens: Tensor,  # (N,)
    written: Written,
) -> Tensor:  # (B, C)
    return torch.zeros_like(written.mask).masked_scatter(written.mask.bool(), of_tokens)


class _Identity(nn.Module):
    """Stands where stable-baselines3 has hidden layers: the trunk's features serve both heads."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return features, features

    def forward_actor(self, features: Tensor) -> Tensor:
        return features

    def forward_critic(self, features: Tensor) -> Tensor:
        return features


class _ValueHead(nn.Module):
    """A linear critic that begins by predicting 0."""

    def __init__(self, features_dim: int, *, detach: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(features_dim, 1)
        self.detach = detach
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, states: Tensor) -> Tensor:
        """Return values (…, 1) of hidden states (…, H)."""
        value: Tensor = self.linear((states.detach() if self.detach else states).float())
        return value


def _build_language_model(source: LanguageModelSource) -> PreTrainedModel:
    """Return the model of a folder, or one of random weights with a configuration."""
    if isinstance(source, Mapping):
        config = AutoConfig.for_model(**source)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    else:
        model = load_model(source)
    _require_plain_head(model)
    return model


def _require_plain_head(model: PreTrainedModel) -> None:
    """Refuse a model that does more to its hidden states than its output layer does.

    Raises:
        InvalidParameterError: If it scales or caps its logits.
    """
    capped = getattr(model.config.get_text_config(), "final_logit_softcapping", None)
    few = torch.arange(4, device=model.device).unsqueeze(0)
    model.eval()
    with torch.no_grad():
        whole = model(input_ids=few, use_cache=False).logits.float()
        plain = logits(model, hidden_states(model, few))
        # small logits are hardly capped: a cap must be asked for by name
        if capped is not None or not torch.allclose(whole, plain, atol=1e-3):
            raise InvalidParameterError(
                "the language model's logits must be its output layer on its last hidden states, "
                f"and {type(model).__name__} scales or caps them; choose another architecture"
            )
