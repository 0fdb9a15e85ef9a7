"""What share of the texts that a model knows nothing of is `unsure`, and of those that it may know.

    python -m benchmarks.strange_texts [--remarks FILE]

Trains on the sample without a third of its sentences and a tenth of its reviews, with the short
texts (`data_prep/dataset/short_texts.py`) and without them, as `prepare` does by default. Before:
the calibrated confidence alone. After: also what is strange by its words
(`lambdas/confidence/vocabulary.py`). FILE has short English texts about something else, one a line.
Training is the embedded AWS's stand-in for BlazingText with the stack's defaults.
"""

import argparse
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import VALIDATION_FRACTION, Line, read
from benchmarks.short_texts import LABELS, sentences_and_words, trained
from data_prep.dataset.short_texts import SHORT_TEXT_REPETITIONS, nothing_lines
from data_prep.reading.layout import SAMPLE, sample_file
from lambdas.confidence import Calibration, calibrated, is_unsure
from lambdas.confidence.vocabulary import Vocabulary
from lambdas.evaluation.calibration import CalibrationSample
from lambdas.evaluation.dictionary import read_words
from lambdas.evaluation.examples import read_examples
from lambdas.evaluation.familiarity import HeldOutTexts
from lambdas.evaluation.model import FastTextModel
from review_text import normalise

OTHER_LANGUAGES: Final[Mapping[str, Sequence[str]]] = {
    "Spanish": (
        "La comida estaba muy buena",
        "No me gusta nada",
        "Una pérdida de tiempo total",
        "Me encanta esta película, la recomiendo a todos",
        "El servicio fue horrible y el camarero muy grosero",
        "Excelente producto, llegó a tiempo",
    ),
    "French": (
        "c'était horrible",
        "Très bon film",
        "Je ne suis pas content du tout",
        "Le repas était excellent et le service impeccable",
        "Un film magnifique, plein d'émotion",
        "Ce produit ne marche pas, je veux un remboursement",
    ),
    "German": (
        "Der Film war sehr gut",
        "Das Essen war schlecht",
        "Ich bin sehr zufrieden mit diesem Produkt",
        "Nie wieder, das war eine Katastrophe",
        "Die Lieferung kam zu spät und der Karton war kaputt",
        "Super Qualität, gerne wieder",
    ),
    "Italian": (
        "Il film era bellissimo",
        "Non mi piace per niente",
        "Ottimo prodotto, lo consiglio a tutti",
        "Una delusione totale, non compratelo",
        "Il cibo era freddo e il servizio lento",
    ),
    "Portuguese": (
        "O filme foi muito bom",
        "Não gostei nada deste produto",
        "A comida estava péssima",
        "Recomendo a todos os meus amigos",
        "Chegou rápido e funciona bem",
    ),
    "Dutch": (
        "De film was erg goed",
        "Het eten was koud en smaakloos",
        "Ik ben heel tevreden over dit product",
        "Slechte kwaliteit, niet kopen",
        "Dit is de beste koffie van de stad",
    ),
    "Swedish": (
        "Filmen var mycket bra",
        "Jag är inte nöjd med den här produkten",
        "Maten var kall och dyr",
        "Det bästa jag har köpt på länge",
    ),
    "Danish": (
        "Maden var rigtig god",
        "Jeg kan ikke anbefale dette hotel",
        "Filmen var kedelig og alt for lang",
    ),
    "Norwegian": (
        "Dette er en fantastisk film",
        "Jeg likte ikke boken i det hele tatt",
    ),
    "Polish": (
        "Film był bardzo dobry",
        "Nie polecam tego produktu",
        "Jedzenie było zimne i drogie",
        "Jestem bardzo zadowolony z zakupu",
    ),
    "Czech": (
        "Ten film byl velmi dobrý",
        "Jídlo bylo studené a drahé",
        "Nikdy více, naprosté zklamání",
    ),
    "Turkish": (
        "Film çok güzeldi",
        "Yemekler soğuk ve pahalıydı",
        "Bu ürünü kimseye tavsiye etmem",
    ),
    "Finnish": (
        "Elokuva oli erittäin hyvä",
        "Ruoka oli kylmää ja kallista",
    ),
    "Hungarian": (
        "A film nagyon jó volt",
        "Az étel hideg volt és drága",
    ),
    "Romanian": (
        "Filmul a fost foarte bun",
        "Nu recomand acest produs nimănui",
    ),
    "Indonesian": (
        "Filmnya sangat bagus",
        "Makanan di restoran ini tidak enak",
    ),
    "Vietnamese": (
        "Bộ phim rất hay",
        "Tôi không thích sản phẩm này",
    ),
    "Catalan": ("La pel·lícula era molt bona",),
    "Croatian": ("Film je bio jako dobar",),
    "Swahili": ("Filamu ilikuwa nzuri sana",),
    "Tagalog": ("Maganda ang pelikula na ito",),
    "Afrikaans": ("Die film was baie goed",),
}
"""Sentences of our own, all in Latin letters: in others no word is known."""
NOT_ENGLISH: Final = frozenset({"que", "não", "filme", "película", "para", "los", "una", "este"})
"""Some of the sentences of film reviews are Portuguese and Spanish; these words give them away."""
INVENTED: Final = 500


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A model with what its evaluation would give the API."""

    model: FastTextModel
    calibration: Calibration
    vocabulary: Vocabulary

    @classmethod
    def of(cls, trained_model: Any, held_out: Iterable[Line]) -> "Judge":
        """Evaluate a model on held-out lines."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.bin"
            trained_model.save_model(str(file))
            model = FastTextModel(file)
            with file.open("rb") as content:
                vocabulary = Vocabulary.of(read_words(content))
        sample, texts = CalibrationSample(), HeldOutTexts()
        lines = "".join(f"__label__{label} {text}\n" for label, text in held_out)
        for example in read_examples(BytesIO(lines.encode()), "the held-out reviews"):
            sample.add(example, model.predict(example.line))
            texts.add(example, [])
        return cls(
            model=model,
            calibration=Calibration.from_json(sample.fit().settings),
            vocabulary=texts.limits(vocabulary),
        )

    def is_unsure(self, text: str) -> bool:
        """Whether a normalised text's confidence is too low."""
        scores = {label: p for p, label in self.model.predict(text.encode() + b"\n")}
        sure = calibrated(scores, tokens=len(text.split(" ")), calibration=self.calibration)
        return is_unsure(max(sure.values()), self.calibration)

    def is_strange(self, text: str) -> bool:
        """Whether the words of a normalised text are too rare."""
        return self.vocabulary.is_strange(text.split(" "))


def invented(source: random.Random, fewest: int, most: int) -> str:
    """Some words that nobody uses."""
    syllables = [c + v for c in "bcdfghklmnprstvz" for v in "aeiou"]
    return " ".join(
        "".join(source.choices(syllables, k=source.randint(2, 4)))
        for _ in range(source.randint(fewest, most))
    )


def main() -> None:
    """Print one table for each training file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--remarks", type=Path, metavar="FILE")
    options = parser.parse_args()
    reviews = read(sample_file(), ["text"], "label", header=True, labels=SAMPLE.labels)
    sentences, words = sentences_and_words()
    third = len(sentences) // 3
    hidden, shown = sentences[:third], sentences[third:]
    reviews = [line for line in reviews if line not in set(sentences)]
    cut = round(len(reviews) * VALIDATION_FRACTION)
    held_out, validation, train = reviews[:cut], reviews[cut : 2 * cut], reviews[2 * cut :]
    short_texts = [*[*shown, *words] * SHORT_TEXT_REPETITIONS, *nothing_lines(LABELS)]
    remarks = options.remarks.read_text(encoding="utf-8").splitlines() if options.remarks else []
    source = random.Random(0)  # noqa: S311 - no secret
    english = [text for _, text in hidden if not NOT_ENGLISH & set(text.split(" "))]
    asked = {
        "sentences of film reviews, held out": english,
        "other remarks": list(filter(None, map(normalise, remarks))),
        "other languages": [normalise(text) for each in OTHER_LANGUAGES.values() for text in each],
        "one or two invented words": [invented(source, 1, 2) for _ in range(INVENTED)],
        "three to eight": [invented(source, 3, 8) for _ in range(INVENTED)],
    }
    console = Console(width=110)
    for name, added in (("with short texts", short_texts), ("without", [])):
        judge = Judge.of(trained(train, validation, added), held_out)
        table = Table(name, "texts", "unsure before", "after", "strange")
        for kind, texts in asked.items():
            if not texts:
                continue
            before = [judge.is_unsure(text) for text in texts]
            strange = [judge.is_strange(text) for text in texts]
            after = [one or other for one, other in zip(before, strange, strict=True)]
            shares = [f"{sum(each) / len(texts):.2%}" for each in (before, after, strange)]
            table.add_row(kind, f"{len(texts):,}", *shares)
        console.print(table)


if __name__ == "__main__":
    main()
