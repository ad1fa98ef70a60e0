"""A causal language model as an actor-critic policy of stable-baselines3."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial
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

from countdown_agents.language_model.loading import load_model, require_model
from countdown_agents.language_model.precision import Precision, autocast
from countdown_agents.token_ppo.adapters import LoraSettings, add_adapters
from countdown_agents.token_ppo.buffer import Written
from countdown_agents.token_ppo.critics import CriticSettings, NoCritic, make_critic
from countdown_agents.token_ppo.log_probabilities import (
    chosen,
    entropies_of,
    hidden_states,
    in_parts,
    logits,
    predicting_states,
    require_plain_head,
    require_vocabulary,
    spread,
)
from countdown_gym.errors import InvalidParameterError


class FromFolder:
    """The model of a folder, for a policy that will be saved.

    What is saved is its configuration, for the weights are saved with the policy: loading does not
    need the folder. `TokenPPO` makes one of a path.

    Raises:
        MissingResourceError: If there is no model in the folder.
    """

    def __init__(self, folder: str | Path) -> None:
        """Read the configuration; the weights are read by the policy."""
        require_model(folder)
        self.folder = Path(folder)
        self._config = AutoConfig.from_pretrained(self.folder, local_files_only=True).to_dict()

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        """Become the configuration when saved."""
        return dict, (self._config,)


LanguageModelSource = FromFolder | Mapping[str, Any]
"""Where a model comes from: a folder, or its configuration, for one of random weights."""

_DETACHED = CriticSettings()


class Evaluation(NamedTuple):
    """What a policy says of the tokens of completions; 0 on padding."""

    log_probs: Tensor  # (B, C)
    values: Tensor  # (B, C) predicted before each token
    entropies: Tensor  # (B, C)

    def select(self, rows: Tensor, width: int) -> Evaluation:
        """Return what is said of some rows, up to a column beyond which all are padding."""
        return Evaluation(*(tensor[rows, :width] for tensor in self))


class LanguageModelFeatures(BaseFeaturesExtractor):
    """The trunk of a language model: token ids in, the hidden state of the last token out.

    Reads the observations of `countdown_gym.envs.tokens.TokenLevel`: a count, ids, padding.
    """

    def __init__(
        self, observation_space: spaces.Space[Any], language_model: PreTrainedModel, width: int
    ) -> None:
        """Take a model with its weights, and the width of its hidden states."""
        super().__init__(observation_space, width)
        self.language_model = language_model

    def forward(self, observations: Tensor) -> Tensor:
        """Return hidden states (B, H) of observations (B, 1 + T), cast to float on their way."""
        ids = observations.long()
        lengths = ids[:, 0]
        hidden = hidden_states(self.language_model, ids[:, 1 : 1 + int(lengths.max())])
        return hidden[torch.arange(len(ids), device=ids.device), lengths - 1]


class CausalLMPolicy(ActorCriticPolicy):
    """Any causal language model of transformers as an actor, with a critic beside it.

    The same policy runs under stock `stable_baselines3.PPO` on a `TokenLevel` environment, one
    forward pass for each token, and under `TokenPPO`, one for each completion.

    Args:
        observation_space: That of a `TokenLevel` environment.
        action_space: The token ids. A model may have more rows: they are never written.
        lr_schedule: The actor's learning rate by the progress that remains.
        language_model: A folder, or the configuration of a model as a mapping.
        temperature: What the logits are divided by, in sampling and in training alike.
        critic: Which critic, and how fast it learns.
        lora: How adapters are made, which are then trained instead of the model; None makes none.
        use_sde: Must be False; stable-baselines3 passes it.

    Raises:
        InvalidParameterError: If the model is given as a bare path, scales or caps its logits, or
            knows fewer tokens than there are.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Discrete,
        lr_schedule: Schedule,
        *,
        language_model: LanguageModelSource,
        temperature: float = 1.0,
        critic: CriticSettings = _DETACHED,
        lora: LoraSettings | None = None,
        use_sde: bool = False,
    ) -> None:
        """Load or make the language model and put a critic beside it."""
        self.temperature = temperature
        self.critic = critic
        self.lora = lora
        self.precision: Precision = "float32"
        """In what numbers completions are sampled and evaluated; `TokenPPO` sets it."""
        self.vocabulary_size = int(action_space.n)
        model = _build_language_model(language_model)
        require_vocabulary(model, self.vocabulary_size)
        if lora is not None:
            add_adapters(model, lora)
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            use_sde=use_sde,
            features_extractor_class=LanguageModelFeatures,
            features_extractor_kwargs={
                "language_model": model,
                "width": model.get_output_embeddings().weight.shape[1],
            },
            share_features_extractor=critic.kind != "separate",
        )

    @property
    def language_model(self) -> PreTrainedModel:
        """The actor."""
        model = self.features_extractor.language_model
        if not isinstance(model, PreTrainedModel):
            raise TypeError(f"the features come from a language model, got {type(model).__name__}")
        return model

    @property
    def has_critic(self) -> bool:
        """Whether anything learns to predict values."""
        return not isinstance(self.value_net, NoCritic)

    def evaluate_completions(self, written: Written, *, train_entropy: bool = True) -> Evaluation:
        """Return log-probabilities, values and entropies in one forward pass over whole sequences.

        They are those that `evaluate_actions` finds token by token.

        Args:
            written: The sequences.
            train_entropy: Whether entropies carry gradients; those that are only looked at need
                no memory for them.
        """
        with autocast(self.language_model, self.precision):
            states = predicting_states(self.language_model, written)
            log_probs, entropies = in_parts(
                partial(self._said, train_entropy), states, written, self.vocabulary_size
            )
            critic_states = self._critic_states(states, written)
        return Evaluation(
            spread(log_probs, written),
            spread(self.value_net(critic_states).squeeze(-1), written),
            spread(entropies, written),
        )

    @property
    def notes(self) -> bool:
        """Whether `note` takes down all that `evaluate_completions` would find.

        A separate critic reads the completions by itself, and numbers of half precision depend on
        what is computed beside them.
        """
        return self.critic.kind != "separate" and self.precision == "float32"

    def note(
        self,
        states: Tensor,  # (rows, H) that the next tokens are predicted from
        log_distribution: Tensor,  # (rows, V) their log-probabilities
    ) -> Tensor:  # (rows, 2)
        """Return values and entropies, to be taken down while completions are sampled."""
        values = self.value_net(states).squeeze(-1)
        return torch.stack([values, entropies_of(log_distribution)], dim=-1)

    def set_training_mode(self, mode: bool) -> None:  # noqa: ARG002 - stable-baselines3's signature
        """Leave dropout off: the old and the new policy may differ by their weights only."""
        self.train(mode=False)

    def make_features_extractor(self) -> BaseFeaturesExtractor:
        """Return the actor's trunk, and at the second call a copy of it for a separate critic."""
        if getattr(self, "features_extractor", None) is None:
            return super().make_features_extractor()
        trunk: Any = copy.deepcopy(self.language_model.base_model)
        return LanguageModelFeatures(self.observation_space, trunk, self.features_dim)

    def _build(self, lr_schedule: Schedule) -> None:
        """Add the critic and make the optimiser, whose groups are the actor and the critic."""
        self.mlp_extractor = _Identity()  # type: ignore[assignment]  # ours has no layers
        self.value_net = make_critic(self.critic.kind, self.features_dim)  # type: ignore[assignment]  # not Linear itself
        rate = lr_schedule(1)
        critic_rate = rate if self.critic.learning_rate is None else self.critic.learning_rate
        groups = [{"params": _trained(self.language_model), "lr": rate}]
        if self.has_critic:
            of_critic = _trained(self.value_net)
            if self.critic.kind == "separate":
                of_critic += _trained(self.vf_features_extractor)
            groups.append({"params": of_critic, "lr": critic_rate})
        self.optimizer = torch.optim.Adam(groups, fused=True)

    def _said(
        self,
        train_entropy: bool,
        states: Tensor,  # (n, H)
        tokens: Tensor,  # (n,)
    ) -> tuple[Tensor, Tensor]:  # (n,) each
        """Return the log-probabilities of tokens and the entropies before them."""
        log_distribution = self._logits(states).log_softmax(dim=-1)
        with torch.set_grad_enabled(train_entropy and torch.is_grad_enabled()):
            entropies = entropies_of(log_distribution)
        return chosen(log_distribution, tokens), entropies

    def _critic_states(self, states: Tensor, written: Written) -> Tensor:
        """Return the hidden states (N, H) that the critic reads."""
        if self.critic.kind != "separate":
            return states
        return predicting_states(self.vf_features_extractor.language_model, written)  # type: ignore[arg-type]  # a trunk

    def _get_action_dist_from_latent(self, latent_pi: Tensor) -> Distribution:
        """Return the distribution of the next token, given the hidden state of the last."""
        if not isinstance(self.action_dist, CategoricalDistribution):
            raise TypeError(f"the action space must be Discrete, got {self.action_space}")
        return self.action_dist.proba_distribution(self._logits(latent_pi))

    def _logits(self, states: Tensor) -> Tensor:
        return logits(self.language_model, states, self.vocabulary_size) / self.temperature

    def _get_constructor_parameters(self) -> dict[str, Any]:
        """Return what rebuilds the policy; the weights come from the saved state."""
        return {
            "observation_space": self.observation_space,
            "action_space": self.action_space,
            "lr_schedule": self._dummy_schedule,
            "language_model": self.language_model.config.to_dict(),
            "temperature": self.temperature,
            "critic": self.critic,
            "lora": self.lora,
        }


class _Identity(nn.Module):
    """Stands where stable-baselines3 has hidden layers: the trunk's features serve both heads."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return features, features

    def forward_actor(self, features: Tensor) -> Tensor:
        return features

    def forward_critic(self, features: Tensor) -> Tensor:
        return features


def _trained(module: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def _build_language_model(source: LanguageModelSource) -> PreTrainedModel:
    """Return the model of a folder, or one of random weights with a configuration."""
    if isinstance(source, Mapping):
        config = AutoConfig.for_model(**source)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    elif isinstance(source, FromFolder):
        model = load_model(source.folder)
    else:
        raise InvalidParameterError(
            "language_model must be a model's configuration or FromFolder(FOLDER), so that what is "
            f"saved does not need the folder, got {source!r}"
        )
    require_plain_head(model)
    return model
