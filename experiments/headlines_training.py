"""Train a language model of headlines, on one process or many, through any number of kills."""

import math
from collections import Counter
from dataclasses import dataclass, field

import torch

from lstm_utils.models.headlines import Tokeniser, Words, learn_merges
from lstm_utils.models.headlines_torch import (
    EncodedHeadlines,
    LanguageModel,
    epoch_batches,
    one_cycle,
    update,
)

from . import distributed
from .headlines_data import TextRecipe, training_text

SAVE_EVERY = 30  # seconds of training between two checkpoints
FOLDS = 10


@dataclass(frozen=True, kw_only=True)
class LSTMRecipe(TextRecipe):
    """A `LanguageModel` and its training, at first with chapter 7's settings."""

    kind: str = field(default="lstm", init=False)
    merges: int = 0  # of byte-pair encoding; 0: characters
    hidden_size: int = 192
    dropout: float = 0.4
    epochs: int = 25
    headline_epochs: int = 0  # the last of them, which leave the snippets out
    batch_size: int = 32
    learning_rate: float = 2e-2  # the highest
    clip: float = 1.0  # largest norm of the gradient
    invented: int | None = None  # lines that words counted in the text draw, to be read after it
    taught: float | None = None  # the counts' share of what it is to say of the text


@dataclass(frozen=True)
class Sequences:
    """A training text in numbers; the first `headlines` of the lines are headlines."""

    tokeniser: Tokeniser
    encoded: EncodedHeadlines
    headlines: int


@dataclass
class Account:
    """How far training has come: updates, the epoch's summed loss so far, the epochs before it."""

    step: int = 0
    nats: float = 0.0
    tokens: int = 0
    curve: list = field(default_factory=list)


def sequences_of(data, recipe):
    """What a recipe trains on: characters, or byte pairs learnt from the lines."""
    lines, headlines = training_text(data, recipe)
    merges = ()
    if recipe.merges:
        counts = Counter(" " + word for text in lines for word in text.split())
        merges = learn_merges(counts, recipe.merges)
    tokeniser = Tokeniser([*data.alphabet[1:], data.alphabet[0]], merges)
    return Sequences(tokeniser, EncodedHeadlines(tokeniser, lines), headlines)


@dataclass(frozen=True)
class Lesson:
    """Lines in numbers, and what a network is to say after each token: for each line (T, V)."""

    encoded: EncodedHeadlines
    wanted: list[torch.Tensor] | None = None  # None: the token that follows

    def of(self, batch, team):
        """What this process's share of a batch is to say."""
        if self.wanted is None:
            return None
        mine = [self.wanted[k] for k in batch[team.rank :: team.size]]
        return [rows.to(team.device) for rows in mine] or [torch.zeros_like(self.wanted[0][:1])]


def lesson_of(data, recipe, seed, sequences):
    """What a network reads, and is to say: as `Sequences`, or taught by words that are counted.

    Counts know by heart what they were fitted on. So each tenth of the articles is judged by counts
    of the rest, and of what the network is to say the judgement is a share. Then follow lines that
    the counts of the whole text draw; what they say of those is all that the network is to say.
    """
    if recipe.invented is None:
        return Lesson(sequences.encoded)
    ids = sequences.tokeniser.vocabulary.ids
    columns = [ids[character] for character in data.alphabet]
    lines, headlines = training_text(data, recipe)

    def counts(fold=None):
        fitted = [text for k, text in enumerate(lines) if k % headlines % FOLDS != fold]
        return Words(fitted, 3, data.alphabet, 5)

    def says(model, text):
        wanted = torch.zeros(len(text) + 2, len(ids))
        wanted[0, ids[" "]] = 1  # each text begins with a blank
        wanted[1:, columns] = torch.from_numpy(model.next_characters(text)).float()
        return wanted

    teacher = counts()
    invented = teacher.invent(recipe.invented, [seed, 1])
    encoded = EncodedHeadlines(sequences.tokeniser, lines + invented)
    if recipe.taught is None:
        return Lesson(encoded)
    judges, wanted = [counts(fold) for fold in range(FOLDS)], []
    for k, text in enumerate(lines):
        follows = torch.tensor(sequences.tokeniser.encode(text)[1:])
        wanted.append(recipe.taught * says(judges[k % headlines % FOLDS], text))
        wanted[-1][torch.arange(len(follows)), follows] += 1 - recipe.taught
    wanted += [says(teacher, text) for text in invented]
    return Lesson(encoded, wanted)


def epochs_of(recipe, lines, headlines):
    """How many lines each epoch reads; the last epochs stay with the headlines."""
    epochs = recipe.epochs
    if recipe.updates_at_most:
        epochs = min(epochs, max(1, recipe.updates_at_most // math.ceil(lines / recipe.batch_size)))
    last = epochs - recipe.headline_epochs
    return [lines if epoch < last else headlines for epoch in range(epochs)]


def keep_checkpoint(model, optimiser, progress, account):
    """Store weights, Adam's averages and the account."""
    arrays = {f"model/{name}": p.detach().cpu().numpy() for name, p in model.named_parameters()}
    for name, p in model.named_parameters():
        for kind, value in optimiser.state[p].items():
            arrays[f"{kind}/{name}"] = value.cpu().numpy()
    progress.save(arrays, vars(account))


@torch.no_grad()
def restore(model, optimiser, checkpoint):
    """Put back what `keep_checkpoint` stored, if anything: the `Account`."""
    if checkpoint is None:
        return Account()
    arrays, meta = checkpoint
    for name, p in model.named_parameters():
        p.copy_(torch.from_numpy(arrays[f"model/{name}"]))
        optimiser.state[p] = {"step": torch.from_numpy(arrays[f"step/{name}"])}
        for kind in ("exp_avg", "exp_avg_sq"):
            optimiser.state[p][kind] = torch.from_numpy(arrays[f"{kind}/{name}"]).to(p.device)
    return Account(**meta)


def make_model(sequences, recipe):
    """The network of a recipe, with random weights."""
    vocabulary = len(sequences.tokeniser.vocabulary)
    return LanguageModel(vocabulary, recipe.hidden_size, recipe.dropout)


def learn(run, data, progress):
    """Train a run's network: it, its `Sequences`, and bits a token by epoch, with dropout on.

    Batches and dropout are functions of the seed and the number of the update, so that nothing but
    weights and Adam's averages has to be kept to go on after any update.
    """
    recipe, seed, team = run.recipe, run.seed, distributed.team()
    sequences = sequences_of(data, recipe)
    lesson = lesson_of(data, recipe, seed, sequences)
    encoded = lesson.encoded
    torch.manual_seed(seed)
    model = make_model(sequences, recipe)
    wrapped = team.wrap(model)
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    read = epochs_of(recipe, len(encoded), sequences.headlines)
    per_epoch = [math.ceil(lines / recipe.batch_size) for lines in read]
    account = restore(model, optimiser, progress.load())
    bar = progress.bar(sum(per_epoch), done=account.step, unit="update")
    while account.step < sum(per_epoch):
        epoch = len(account.curve)
        batches = epoch_batches(encoded.lengths[: read[epoch]], recipe.batch_size, seed, epoch)
        for batch in batches[account.step - sum(per_epoch[:epoch]) :]:
            rows, share = team.share(encoded.rows(batch))
            step_size = one_cycle(account.step, sum(per_epoch), recipe.learning_rate)
            torch.manual_seed(seed * 1_000_003 + account.step)
            wanted = lesson.of(batch, team)
            loss = update(wrapped, optimiser, rows, share, step_size, recipe.clip, wanted)
            account.nats += team.total(loss)
            account.tokens += round(share * team.size)
            account.step += 1
            bar.update()
            if progress.due(SAVE_EVERY):
                keep_checkpoint(model, optimiser, progress, account)
        account.curve.append(account.nats / account.tokens / math.log(2))
        account.nats, account.tokens = 0.0, 0
        keep_checkpoint(model, optimiser, progress, account)
    model.cpu()  # scores and stores without a GPU
    return model, sequences, account.curve
