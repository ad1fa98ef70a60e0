"""Which habits a reasoning text shows, and what its search does; `docs/behaviors.md` defines them.

```
 normalizing    tokens      computations        search      detectors
 ───────▶ str ───▶ Token… ───────▶ Computation… ───────▶ Search ───────▶ Analysis
```
"""

from countdown_gym.behaviors.analysis import Analysis, analyze
from countdown_gym.behaviors.reading import Span

__all__ = ["Analysis", "Span", "analyze"]
