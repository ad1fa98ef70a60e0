"""The figures of the study that this one repeats at small scale.

Gandhi et al. 2025, https://arxiv.org/abs/2503.01307: the share of 1,024 held-out puzzles solved at
every tenth step of reinforcement learning, one run for each condition, no error bars. Its models
have 3 billion parameters and write English about three or four numbers; ours have 0.4 million and
write symbols about three. What can be compared is which conditions rise, and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Curve = tuple[float | None, ...]
"""The share solved at each of `STEPS`; None where it was not measured or is mislabelled."""

STEPS = tuple(range(0, 251, 10))
"""The steps of reinforcement learning at which the figures were taken."""


@dataclass(frozen=True, slots=True)
class Published:
    """The share of puzzles solved by the two models of the article."""

    llama: Curve | None
    """Llama-3.2-3B; None where it was not run as our arm is."""
    qwen: Curve | None
    """Qwen-2.5-3B."""


def _curve(thousandths: str) -> Curve:
    return tuple(None if said == "-" else int(said) / 1_000 for said in thousandths.split())


_CHECKED = Published(
    _curve(
        "419 534 591 610 651 675 694 703 716 722 717 739 742 724 729 741 "
        "731 729 743 743 759 756 755 766 763 774"
    ),
    _curve(
        "445 566 635 655 671 702 717 721 713 709 728 723 720 727 720 721 "
        "724 736 728 740 724 724 742 710 721 723"
    ),
)

_WRONG = Published(
    _curve(
        "283 499 572 590 641 663 695 703 724 717 719 720 720 720 716 721 "
        "729 740 744 744 736 738 733 727 741 735"
    ),
    _curve(
        "332 477 562 617 660 673 681 698 712 721 729 729 729 735 737 733 "
        "732 740 714 729 734 728 748 745 750 746"
    ),
)
"""The article has one way of being wrong; ours stand beside it."""

PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "unprimed": Published(
            _curve(
                "0 0 1 0 5 8 12 55 106 121 118 158 201 193 182 176 "
                "207 265 277 272 303 292 334 354 354 338"
            ),
            None,
        ),
        "rich_unprimed": Published(
            None,
            _curve(
                "6 77 155 255 355 494 501 582 520 495 515 500 535 525 540 613 "
                "515 515 555 545 570 510 510 530 535 -"
            ),
        ),
        "all_habits": Published(
            _curve(
                "352 505 578 635 658 688 677 675 717 694 722 729 717 710 723 708 "
                "701 716 707 704 714 692 706 712 730 736"
            ),
            _curve(
                "- 526 585 620 670 674 703 716 724 731 744 743 748 749 761 756 "
                "749 751 752 753 757 749 756 770 762 773"
            ),
        ),
        "backtracking_verification": _CHECKED,
        "rich_backtracking_verification": Published(None, _CHECKED.qwen),
        "backtracking_backward": Published(
            _curve(
                "310 512 577 623 651 685 690 698 706 717 716 719 730 742 743 758 "
                "761 757 753 741 755 761 769 771 772 773"
            ),
            _curve(
                "292 518 605 650 700 698 723 721 726 752 741 736 733 749 732 739 "
                "741 745 745 751 754 752 757 755 756 757"
            ),
        ),
        "backtracking_subgoals": Published(
            _curve(
                "176 451 566 604 645 664 679 685 683 691 688 705 697 710 716 685 "
                "700 706 695 700 698 703 705 712 711 706"
            ),
            _curve(
                "187 467 568 615 629 652 661 675 694 693 687 688 689 697 698 700 "
                "699 694 705 706 710 690 701 706 709 716"
            ),
        ),
        "backtracking": Published(
            _curve(
                "409 543 596 627 656 657 689 700 707 718 720 720 715 720 729 725 "
                "727 721 749 746 750 749 759 764 764 769"
            ),
            _curve(
                "- - 621 649 680 696 714 711 725 729 733 734 729 729 734 729 "
                "720 722 732 732 719 720 728 730 737 728"
            ),
        ),
        "wrong_believed_slip": _WRONG,
        "wrong_gave_up": _WRONG,
        "wrong_mismatch": _WRONG,
        "empty": Published(
            _curve(
                "61 228 316 342 351 342 348 351 380 369 361 373 390 383 396 405 "
                "409 390 373 408 420 423 420 419 404 410"
            ),
            _curve(
                "49 261 332 331 351 354 350 353 333 348 348 351 370 383 370 374 "
                "371 371 391 400 396 393 403 407 403 405"
            ),
        ),
        "filler": Published(
            _curve(
                "111 200 267 321 339 349 336 262 248 297 350 345 344 318 300 330 "
                "364 364 363 359 372 358 332 359 382 381"
            ),
            _curve(
                "131 278 330 318 336 342 352 357 336 356 354 347 354 354 370 357 "
                "310 316 292 292 310 329 327 336 330 327"
            ),
        ),
    }
)
"""By arm of our study."""
