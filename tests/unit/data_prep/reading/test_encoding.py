"""In whatever encoding and with whatever line ends: the text is the same."""

from pathlib import Path

import pytest

from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import Bad
from data_prep.reading.encoding import known_encoding
from tests.unit.data_prep.reading.files import as_csv, bad_of, layout, rows_of, written

TEXTS = {
    "cp1252": "Das Zimmer war schön, das Frühstück großartig und das Café nebenan auch",
    "cp1250": "Pokój był czysty, obsługa świetna, ale żona narzekała na łóżko",
    "cp1251": "Номер был чистый, завтрак вкусный, обязательно приедем ещё раз",
    "koi8_r": "Номер был чистый, завтрак вкусный, обязательно приедем ещё раз",
    "cp1253": "Το δωμάτιο ήταν καθαρό και το πρωινό πολύ καλό",
    "cp1254": "Oda temizdi, kahvaltı çok güzeldi, şiddetle tavsiye ederim, yine geleceğiz",
    "gb18030": "房间非常干净，早餐也很好吃，服务员态度热情，下次还来",
    "big5": "房間非常乾淨，早餐也很好吃，服務員態度熱情，下次還來",
    "cp932": "部屋はとてもきれいで、朝食もおいしかったです。また泊まりたいです",
    "euc_kr": "방이 아주 깨끗하고 아침 식사도 맛있었습니다 다시 오고 싶어요",
    "iso2022_jp": "部屋はとてもきれいで、朝食もおいしかったです",
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


def table(text: str) -> list[tuple[str, str]]:
    return [(f"{text} {number}", "good" if number % 2 else "bad") for number in range(8)]


@pytest.mark.parametrize("encoding", TEXTS)
def test_encoding_is_guessed_and_the_guess_is_said(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table(TEXTS[encoding])
    assert rows_of(written(tmp_path, as_csv(rows).encode(encoding))) == rows
    assert f"read as {encoding}, by a guess: another one with --encoding" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("text", [TEXTS["cp1252"], TEXTS["gb18030"], "一 \U0001f600 plain"])
def test_unicode_is_found_with_and_without_its_mark(
    encoding: str, text: str, tmp_path: Path
) -> None:
    content = as_csv(table(text)).encode(encoding)
    assert rows_of(written(tmp_path, content)) == table(text)
    said = encoding.removesuffix("-sig")
    assert rows_of(written(tmp_path, content), layout(encoding=said)) == table(text)


def test_encoding_that_is_said_is_not_guessed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = table("0123 çok")
    file = written(tmp_path, as_csv(rows).encode("cp1254"))
    assert rows_of(file, layout(encoding="cp1254")) == rows
    assert capsys.readouterr().err == ""


def test_bytes_that_the_encoding_does_not_have_cost_their_row_only(tmp_path: Path) -> None:
    content = as_csv(table("schön")).encode("cp1252") + b"no \x81 such,good\n"
    wanted = layout(encoding="cp1252")
    assert bad_of(written(tmp_path, content), wanted) == [(Bad.ENCODING, 10)]


def test_lines_that_are_not_utf8_among_others_leave_a_file_utf8(tmp_path: Path) -> None:
    content = as_csv(table("schön")).encode() + b"sch\xf6n,good\n"
    assert bad_of(written(tmp_path, content)) == [(Bad.ENCODING, 10)]


def test_a_few_empty_bytes_are_no_utf16(tmp_path: Path) -> None:
    rows = [("a\0\0b" + "c" * 200, "good"), ("d" * 200, "bad")]
    assert rows_of(written(tmp_path, as_csv(rows))) == rows


@pytest.mark.parametrize("name", ["nonsense", "base64", "rot13", ""])
def test_encoding_that_is_none_is_refused_with_usual_ones(name: str) -> None:
    with pytest.raises(DataPrepError, match=r"no encoding .*windows-1252"):
        known_encoding(name)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("quoting", [0, 1])
def test_every_line_end_ends_lines(end: str, quoting: int, tmp_path: Path) -> None:
    rows = table("schön, und leise")
    file = written(tmp_path, as_csv(rows, lineterminator=end, quoting=quoting))
    assert rows_of(file) == rows


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    rows = table("schön")
    half = as_csv(rows).replace("\n", "\r", 4).replace("\r", "\n", 2)
    assert rows_of(written(tmp_path, half)) == rows


def test_return_that_ends_no_record_is_white_space(tmp_path: Path) -> None:
    file = written(tmp_path, "text,label\na\rb,good\nc,bad\n")
    assert rows_of(file) == [("a\rb", "good"), ("c", "bad")]
