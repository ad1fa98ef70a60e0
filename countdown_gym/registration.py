"""Every environment id, in one table, and when Gymnasium learns of them.

Whoever judges answers or asks the oracle should not wait for Gymnasium, whose import takes longer
than all of this package. So it is not imported here: where it is there already, the environments
are registered at once, and otherwise at the end of its own import.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType
from typing import Any

ENVIRONMENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "Countdown-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "three_to_four"}),
        "CountdownTV-v0": (
            "countdown_gym.envs.text:CountdownEnv",
            {"family": "television", "reward": "television"},
        ),
        "Game24-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "twenty_four"}),
        "MakeTen-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "make_ten"}),
        "FourFours-v0": ("countdown_gym.envs.text:CountdownEnv", {"family": "four_fours"}),
        "CountdownDialogue-v0": (
            "countdown_gym.envs.dialogue:CountdownDialogueEnv",
            {"family": "three_to_four"},
        ),
        "CountdownSteps-v0": (
            "countdown_gym.envs.steps:CountdownStepsEnv",
            {"family": "three_to_four"},
        ),
        "CountdownTokens-v0": (
            "countdown_gym.envs.symbol_tokens:CountdownTokensEnv",
            {"family": "three_to_four", "family_parameters": {"max_target": 99}},
        ),
    }
)
"""For each id the entry point and the keyword arguments, which are JSON."""


VECTOR_ENTRY_POINTS: Mapping[str, str] = MappingProxyType(
    {"countdown_gym.envs.text:CountdownEnv": "countdown_gym.envs.vector:CountdownVectorEnv"}
)
"""For an entry point the one that makes many at once, where there is one."""


def register_environments() -> None:
    """Make every id known to Gymnasium; ids that it knows already are left as they are."""
    import gymnasium as gym  # noqa: PLC0415 - see above

    for env_id, (entry_point, kwargs) in ENVIRONMENTS.items():
        if env_id not in gym.registry:
            gym.register(
                env_id,
                entry_point=entry_point,
                vector_entry_point=VECTOR_ENTRY_POINTS.get(entry_point),
                kwargs=dict(kwargs),
            )


def register_with_gymnasium() -> None:
    """Register the environments now if Gymnasium is imported, else as soon as it is."""
    if "gymnasium" in sys.modules:
        register_environments()
    else:
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds Gymnasium where the finders after it find it, and has the environments registered."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return Gymnasium's own spec but for its loader; nothing for any other module."""
        if fullname != "gymnasium":
            return None
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader)  # type: ignore[assignment] # as good as one
                return spec
        return None


class _Loader:
    """Loads Gymnasium as its own loader does, and then registers the environments."""

    def __init__(self, own: Any) -> None:  # noqa: ANN401 - loaders come without a common class
        """Remember the loader that does the work."""
        self._own = own

    def __getattr__(self, name: str) -> object:
        """Leave everything else to Gymnasium's own loader."""
        return getattr(self._own, name)

    def exec_module(self, module: ModuleType) -> None:
        """Step back, so that the module keeps its own loader only, and register at the end."""
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        self._own.exec_module(module)
        register_environments()
