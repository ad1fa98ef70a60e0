"""Models of transformers as players: loaded sensibly, put in their own words, sampled rightly."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from countdown_agents.conversation import Conversation, Message, Role, opened, transcript
from countdown_agents.counted import tokens_of
from countdown_agents.language_model import pretrained
from countdown_agents.language_model.chat import ChatFormat
from countdown_agents.language_model.ending import Ending
from countdown_agents.language_model.generation import generate
from countdown_agents.language_model.pretrained import fingerprint, load_pretrained
from countdown_agents.language_model.tokenizer import HubTokenizer, symbol_tokenizer
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.parsing import CutCompletion

pytestmark = pytest.mark.agents

SaveModel = Callable[..., Path]
TEMPLATE = (
    "{% for message in messages %}<s>{{ message.role }}: {{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}"
)
ASKED = [opened(text) for text in ("3 4 make 12", "1", "What is 25 + 30?", "3 4 make 12", "é →")]
SEEDS = [5, 6, 7, 8, 9]


@pytest.fixture(params=["llama", "qwen2", "gpt2"])
def folder(
    request: pytest.FixtureRequest,
    save_tiny_model: SaveModel,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    kind = str(request.param)
    return save_tiny_model(tmp_path_factory.mktemp(kind), kind)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_completion_depends_on_its_prompt_and_seed_and_on_no_batch(
    folder: Path, temperature: float
) -> None:
    loaded = load_pretrained(folder)

    def written(asked: list[Conversation], seeds: list[int], batch_size: int) -> list[str]:
        policy = loaded.policy(max_new_tokens=24, temperature=temperature, batch_size=batch_size)
        return policy.converse(asked, seeds)

    together = written(ASKED, SEEDS, 5)
    assert written(ASKED, SEEDS, 2) == together
    assert written(ASKED[::-1], SEEDS[::-1], 3) == together[::-1]
    assert written(ASKED[1:2], SEEDS[1:2], 1) == together[1:2]
    assert (together[0] == together[3]) == (temperature == 0)


def test_greedy_completions_are_those_of_transformers(folder: Path) -> None:
    ours = load_pretrained(folder).policy(max_new_tokens=24, temperature=0.0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    for conversation, text in zip(ASKED, ours.converse(ASKED, SEEDS), strict=True):
        asked = tokenizer(conversation[0].content, return_tensors="pt")
        theirs = model.generate(  # type: ignore[misc,unused-ignore]  # before transformers 5.24
            **asked, max_new_tokens=24, do_sample=False
        )
        new = theirs[0, asked["input_ids"].shape[1] :].tolist()
        assert isinstance(text, CutCompletion) == (2 not in new)
        assert tokens_of(text) == len(new)
        assert text == tokenizer.decode([token for token in new if token not in {0, 2}])


HIDDEN = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
GROUPED = {**HIDDEN, "num_attention_heads": 4, "num_key_value_heads": 2}
ARCHITECTURES: dict[str, dict[str, int]] = {
    "mistral": {**GROUPED, "sliding_window": 6},
    "gemma3_text": {**GROUPED, "head_dim": 8, "sliding_window": 6},
    "phi3": GROUPED,
    "qwen3": {**GROUPED, "head_dim": 8},
    "mixtral": {**GROUPED, "num_local_experts": 2},
    "gpt_neox": {**HIDDEN, "num_attention_heads": 4},
    "opt": {"hidden_size": 32, "ffn_dim": 48, "num_hidden_layers": 2, "word_embed_proj_dim": 32},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "falcon": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_architectures_of_every_kind_are_sampled_as_transformers_samples_them(kind: str) -> None:
    heads = {"num_attention_heads": 4} if kind == "opt" else {}
    ends = {"bos_token_id": None, "eos_token_id": 1, "pad_token_id": 0}
    config = AutoConfig.for_model(kind, vocab_size=19, **ARCHITECTURES[kind], **heads, **ends)
    config.initializer_range = 0.4
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config).eval()
    prompts = [[5, 6, 7], [9, 3, 2, 4, 8, 2, 11, 12, 3], [11], [4] * 12]
    ours = generate(model, prompts, max_new_tokens=20, eos_id=1, pad_id=0, temperature=0.0).rows()
    for prompt, row in zip(prompts, ours, strict=True):
        ids = torch.tensor([prompt])
        theirs = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=20,
            do_sample=False,
            eos_token_id=1,
            pad_token_id=0,
        )
        assert row == theirs[0, len(prompt) :].tolist()


def test_the_global_generator_is_left_alone(folder: Path) -> None:
    before = torch.random.get_rng_state()
    load_pretrained(folder).policy(max_new_tokens=4).converse(ASKED, SEEDS)
    assert torch.equal(before, torch.random.get_rng_state())


def test_weights_are_of_full_precision_on_a_processor_and_of_any_other_on_request(
    folder: Path,
) -> None:
    assert load_pretrained(folder).model.dtype is torch.float32
    loaded = load_pretrained(folder, device="cpu", dtype="bfloat16")
    assert loaded.model.dtype is torch.bfloat16
    assert not loaded.model.training
    assert len(loaded.policy(max_new_tokens=4).converse(ASKED, SEEDS)) == 5


def test_cuda_takes_half_precision_as_the_card_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = torch.device("cuda")
    for has_it, expected in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has_it=has_it: has_it)
        assert pretrained._dtype("auto", cuda) is expected
    assert pretrained._dtype("float32", cuda) is torch.float32


# --- stop strings ----------------------------------------------------------------------------


def test_a_stop_string_ends_a_completion_and_stays_in_it(folder: Path) -> None:
    loaded = load_pretrained(folder)
    free = loaded.policy(max_new_tokens=40, temperature=0.0).converse(ASKED, SEEDS)
    text = max(free, key=len)
    stop = text[5:8]
    policy = loaded.policy(max_new_tokens=40, temperature=0.0, stop=(stop,))
    for before, after in zip(free, policy.converse(ASKED, SEEDS), strict=True):
        assert after == before[: before.find(stop) + 3] if stop in before else after == before
        assert isinstance(after, CutCompletion) == (
            isinstance(before, CutCompletion) and stop not in before
        )


def test_a_stop_string_may_be_reached_with_the_last_token_of_the_budget(folder: Path) -> None:
    loaded = load_pretrained(folder)
    (free,) = loaded.policy(max_new_tokens=3, temperature=0.0).converse(ASKED[:1], [0])
    assert isinstance(free, CutCompletion)
    policy = loaded.policy(max_new_tokens=3, temperature=0.0, stop=(str(free),))
    (stopped,) = policy.converse(ASKED[:1], [0])
    assert stopped == free
    assert not isinstance(stopped, CutCompletion)


@pytest.mark.parametrize("stop", ["</answer>", "→", "make \n", "é"])
def test_a_stop_string_is_found_wherever_tokens_break(stop: str, folder: Path) -> None:
    tokenizer = HubTokenizer(AutoTokenizer.from_pretrained(folder))
    ending = Ending((2,), (stop,), tokenizer)
    ids = tokenizer.encode(f"one{stop}two")
    sampled = torch.tensor([[0] * len(ids), ids])
    rows = torch.tensor([1])
    found = [
        bool(ending.reached(sampled[rows, i], sampled[:, : i + 1], rows)[0])
        for i in range(len(ids))
    ]
    assert found.index(True) == len(tokenizer.encode(f"one{stop}")) - 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), ()), "must end with a token or a string, got none"),
        (((1,), ("",)), "a stop string must not be empty"),
        (((1,), ("x",)), "a tokenizer is needed"),
    ],
)
def test_an_ending_that_ends_nothing_is_refused(
    arguments: tuple[tuple[int, ...], tuple[str, ...]], message: str
) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        Ending(*arguments)


def test_every_token_that_a_model_ends_with_ends_a_completion(folder: Path) -> None:
    loaded = load_pretrained(folder)
    ids = torch.tensor([ChatFormat(HubTokenizer(loaded.tokenizer)).ids(ASKED[0])])
    first = int(loaded.model(input_ids=ids).logits[0, -1].argmax())
    assert loaded.model.generation_config is not None
    loaded.model.generation_config.eos_token_id = [2, first]
    (ended,) = loaded.policy(max_new_tokens=8, temperature=0.0).converse(ASKED[:1], [0])
    assert (ended, tokens_of(ended)) == ("", 1)
    assert not isinstance(ended, CutCompletion)


# --- prompts ---------------------------------------------------------------------------------

DIALOGUE = (
    *opened("1 2 make 3"),
    Message(Role.ASSISTANT, "2 - 1"),
    Message(Role.USER, "That is 1, not 3."),
)


def test_a_chat_model_is_asked_through_its_template(
    save_tiny_model: SaveModel, tmp_path: Path
) -> None:
    tokenizer = load_pretrained(save_tiny_model(tmp_path, template=TEMPLATE)).tokenizer
    chat = ChatFormat(HubTokenizer(tokenizer))
    assert chat.style == "plain"
    assert tokenizer.decode(chat.ids(DIALOGUE)) == (
        "<s>user: 1 2 make 3</s><s>assistant: 2 - 1</s><s>user: That is 1, not 3.</s><s>assistant: "
    )


def test_a_prompt_alone_is_put_as_the_conversation_that_it_opens(
    save_tiny_model: SaveModel, tmp_path: Path
) -> None:
    policy = load_pretrained(save_tiny_model(tmp_path, template=TEMPLATE)).policy(
        max_new_tokens=8, temperature=0.0, batch_size=2
    )
    prompts = ["3 4 make 12", "1", "What is 25 + 30?"]
    assert policy.respond(prompts) == policy.converse([opened(p) for p in prompts], [0, 0, 0])


def test_a_base_model_continues_the_text_itself(folder: Path) -> None:
    tokenizer = load_pretrained(folder).tokenizer
    chat = ChatFormat(HubTokenizer(tokenizer))
    assert chat.style == "tinyzero"
    assert tokenizer.decode(chat.ids(opened("1 2 make 3"))) == "1 2 make 3"
    assert tokenizer.decode(chat.ids(DIALOGUE)) == "1 2 make 3\n2 - 1\nThat is 1, not 3.\n"


def test_a_tokenizer_begins_a_text_as_it_is_used_to_and_does_not_end_it(folder: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    assert tokenizer.decode(ChatFormat(HubTokenizer(tokenizer)).ids(opened("1 2"))) == "<s>1 2"


def test_the_symbol_vocabulary_is_asked_tersely() -> None:
    assert ChatFormat(HubTokenizer(symbol_tokenizer())).style == "terse"


def test_nothing_said_has_no_transcript() -> None:
    with pytest.raises(InvalidParameterError, match="at least one message"):
        transcript(())


# --- adapters --------------------------------------------------------------------------------


@pytest.fixture
def adapter(save_tiny_model: SaveModel, tmp_path: Path) -> Path:
    """Save a LoRA adapter that changes what its model says."""
    peft = pytest.importorskip("peft")
    base = save_tiny_model(tmp_path / "base")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
        adapted = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    adapted.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_a_folder_with_an_adapter_is_loaded_with_its_model(adapter: Path) -> None:
    peft = pytest.importorskip("peft")
    ids = torch.tensor([[5, 6, 7]])
    merged, base = load_pretrained(adapter), load_pretrained(adapter.parent / "base")
    unmerged = peft.PeftModel.from_pretrained(base.model, adapter)
    logits = merged.model(input_ids=ids).logits
    torch.testing.assert_close(logits, unmerged(input_ids=ids).logits)
    with unmerged.disable_adapter():
        assert not torch.allclose(logits, unmerged(input_ids=ids).logits, atol=1e-2)
    assert len(merged.policy(max_new_tokens=3).converse(ASKED, SEEDS)) == 5


def test_an_adapter_without_peft_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({}), encoding="utf-8")
    real = importlib.util.find_spec
    monkeypatch.setattr(
        pretrained, "find_spec", lambda name: None if name == "peft" else real(name)
    )
    with pytest.raises(MissingResourceError, match=r"pip install 'countdown-gym\[lora\]'"):
        load_pretrained(tmp_path)


# --- mistakes --------------------------------------------------------------------------------


def test_what_is_no_model_is_said_in_one_line(tmp_path: Path) -> None:
    for name in (tmp_path, tmp_path / "nowhere", "nobody/no-such-model"):
        with pytest.raises(MissingResourceError, match="a model is a folder") as complaint:
            load_pretrained(name)
        assert "\n" not in str(complaint.value)
    with pytest.raises(MissingResourceError, match=r"there is no folder '\./nowhere' here"):
        load_pretrained("./nowhere")


def test_unknown_types_and_devices_are_refused(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'bfloat16'"):
        load_pretrained(folder, dtype="bfloat")
    with pytest.raises(InvalidParameterError, match="device must be auto or one that torch has"):
        load_pretrained(folder, device="warp")


def test_a_model_with_another_state_than_keys_and_values_is_refused(
    save_tiny_model: SaveModel, tmp_path: Path
) -> None:
    from transformers import MambaConfig, MambaForCausalLM

    save_tiny_model(tmp_path)
    config = MambaConfig(vocab_size=259, hidden_size=8, state_size=2, num_hidden_layers=1)
    MambaForCausalLM(config).save_pretrained(tmp_path)
    with pytest.raises(InvalidParameterError, match="MambaForCausalLM does not; serve it"):
        load_pretrained(tmp_path)


def test_a_fingerprint_tells_retrained_weights_from_the_old(folder: Path) -> None:
    before = fingerprint(folder)
    assert before == fingerprint(str(folder))
    loaded = load_pretrained(folder)
    with torch.no_grad():
        loaded.model.get_output_embeddings().weight[-1, -1] += 1
    loaded.model.save_pretrained(folder)
    assert fingerprint(folder) != before
    assert fingerprint("nobody/no-such-model") == ""
