"""What is paid: components, one file each, and mixtures of them.

To add a component: one new file with a frozen dataclass, and one line in `COMPONENTS`.
"""

from countdown_gym.rewards.components import Component
from countdown_gym.rewards.mixtures import COMPONENTS, MIXTURES, Mixture, Reward, make_reward

__all__ = ["COMPONENTS", "MIXTURES", "Component", "Mixture", "Reward", "make_reward"]
