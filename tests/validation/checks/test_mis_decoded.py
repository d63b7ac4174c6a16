"""Mis-decoded text: found in all usual forms, and never in text that is right."""

from __future__ import annotations

import pytest

from ld_import.validation.checks.mis_decoded import problems_of
from tests.validation.makers import inspected, make_item


def mis_decoded(text, encoding):
    """Return text whose UTF-8 was decoded with another encoding."""
    raw = text.encode()
    if encoding == "latin-1":
        return raw.decode(encoding)
    return "".join(
        chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([byte]).decode(encoding)
        for byte in raw
    )


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text",
    [
        "café", "Zürich", "Größe", "Österreich", "Übersicht", "¿Dónde está?", "São Paulo",
        "coração", "où", "à la carte", "Ça va", "Œuvre complète", "naïve", "Åse",
        "don’t", "“quoted”", "a – b", "wait…", "5 €", "©", "25 °C", "½", "Brand™", "• item",
        "Привет", "Ελλάδα", "שלום", "مرحبا", "Łódź", "Děčín", "中文字", "日本語", "한국어", "😀",
        "\ufeffBOM",
    ],
)  # fmt: skip
def test_found_in_every_script(text, encoding):
    """Text that was decoded with the wrong encoding is found, whatever its script."""
    problems = list(problems_of(mis_decoded(text, encoding)))

    assert [problem.rule for problem in problems] == ["mis-decoded"]


@pytest.mark.parametrize(
    "text",
    [
        "SÃO PAULO", "NÃO", "“NÃO”", "IRMÃ…", "A MANHÃ – UM DIA", "AMANHÃ”, disse", "ÂNGULO",
        "ROMÂNIA", "Â", "Spaß“", "Fuß…", "Fuß”", "Straße – Weg", "MENÜ»", "café”…", "né\xa0»",
        "« café\xa0»", "été\xa0: l’été", "Musée\xa0© André", "à\xa0©", "Ça…", "Ñandú", "ESPAÑA…",
        "BÚIÐ”", "ØRSTED – Ø", "10 Å²", "4 × 3½", "4×½", "Ø½″", "Ä…", "PÅ”", "façade…”",
        "Ångström", "Ð", "中文「字」", "Привет…", "x² + y²", "l’île…", "dé”,", "naïve»",
        "ÉTÉ", "Ã", "DÃO", "¿Qué? ¡Sí!", "30 °C – 40 °C", "50 £ … 60 €",
    ],
)  # fmt: skip
def test_real_words_pass(text):
    """Real words pass, also with the signs that follow words in print."""
    assert list(problems_of(text)) == []


def test_the_suggestion():
    """The finding shows the first sequence and its likely meaning."""
    (finding,) = inspected([make_item(metadata={"note": "au cafÃ© du thÃ©Ã¢tre"})])

    assert finding.text == '`metadata.note` looks mis-decoded: "Ã©" may be "é"'


def test_lost_characters():
    """U+FFFD is the mark of a character that a program has replaced."""
    (finding,) = inspected([make_item(metadata={"note": "caf\ufffd"})])

    assert finding.rule == "lost-character"
    assert "U+FFFD as character 4" in finding.text
