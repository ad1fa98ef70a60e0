"""PPO for language models, token by token, on stable-baselines3."""
