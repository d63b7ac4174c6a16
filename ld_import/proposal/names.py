"""Names of columns in English, German and French: the words in a name, and their roles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import combining, normalize

LONGEST_NAME = 200

_camel = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_words = re.compile(r"[a-z]+|[0-9]+")


def listed(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# A name plays a role if all its words together are listed, or its last word is.
ROLES = {
    "title": "title titel titre headline name bezeichnung objekttitel ueberschrift uberschrift"
    " schlagzeile intitule nom bildtitel posttitle objecttitle filmtitel betreff sujet label",
    "description": "description beschreibung descriptif summary abstract zusammenfassung resume"
    " content inhalt contenu body excerpt langtext",
    "caption": "caption legende legend bildlegende bildunterschrift bildtext untertitel subtitle",
    "source": "source credit credits creditline quelle copyright copyrighttext urheber fotograf"
    " fotografin photographer photographe byline author autor auteur agentur agency agence"
    " bildnachweis creator credittext rechteinhaber",
    "alt": "alt alttext alternativtext textealternatif",
    "tags": "tags tag keywords keyword schlagworte schlagwort schlagworter schlagwoerter stichworte"
    " stichworter stichwoerter motscles motcle categories category kategorien kategorie rubriken"
    " themen thema topics etiquettes",
    "date": "date datum shot time zeit created recorded published modified updated erstellt"
    " aufgenommen aufnahme aufnahmedatum jour heure timestamp captured taken uploaded"
    " createdat updatedat publishedat publie cree pubdate erscheinungsdatum datetime",
    "id": "id uuid guid externalid nr no num number nummer numero kennung identifier identifiant"
    " inventarnummer inventarnr inventar invnr inventaire reference referenz ref acno accession"
    " accessionnumber key schluessel code sku slug objectid bildnummer bildnr filmnr assetid"
    " postid pk oid signatur cote",
    "language": "language sprache langue lang locale",
    "measure": "size filesize bytes groesse grosse taille width breite largeur height hohe hoehe"
    " hauteur count anzahl views downloads latitude longitude lat lng lon page seite year jahr"
    " annee price preis prix rating",
    "duration": "duration dauer duree laenge length runtime",
}
URL_WORDS = listed(
    "url uri link href src adresse address lien video videos image images bild bilder"
    " photo photos foto fotos file files datei dateien fichier fichiers download asset"
    " assets media medien medium attachment enclosure original recording recordings"
)
PREVIEW_WORDS = listed(
    "thumb thumbs thumbnail thumbnails preview poster icon avatar logo vorschau"
    " miniature apercu cover small teaser"
)
PAGE_WORDS = listed(
    "page permalink website homepage profile guid related canonical seite webseite site"
)
PATH_WORDS = listed("path pfad chemin datei file fichier filename dateiname key")

# Languages, units and prepositions at the end of a name: `title_en`, `duration_s`, `created_at`.
SUFFIXES = listed("at on am le de en fr it es pt nl s ms sec seconds kb mb px")
_BY_NAME = {name: role for role, names in ROLES.items() for name in names.split()}


def words_of(name: str) -> list[str]:
    """Return the lower-case ASCII words of a name: `Bild-URL` is `bild`, `url`."""
    return [*_words_of(name[:LONGEST_NAME])]


# Many rules ask for the words of the same name.
@lru_cache(maxsize=8192)
def _words_of(name: str) -> tuple[str, ...]:
    text = _camel.sub(" ", name)
    text = text.replace("ß", "ss")
    plain = "".join(sign for sign in normalize("NFKD", text) if not combining(sign))
    return tuple(_words.findall(plain.lower()))


def role_of(parts: Sequence[str | int]) -> str:
    """Return the role of a column by its name, or an empty text.

    The last word of a name decides, but a name of a person's or a place's field does not: only the
    last part of a path is examined.
    """
    names = [part for part in parts if isinstance(part, str)]
    return _role_of_name(names[-1][:LONGEST_NAME]) if names else ""


@lru_cache(maxsize=8192)
def _role_of_name(name: str) -> str:
    words = [*_words_of(name)]
    while len(words) > 1 and words[-1] in SUFFIXES:
        words.pop()
    return _BY_NAME.get("".join(words), "") or (_BY_NAME.get(words[-1], "") if words else "")


def all_words(parts: Sequence[str | int]) -> set[str]:
    """Return the words of all names in a path."""
    return {word for part in parts if isinstance(part, str) for word in words_of(part)}


def handle_of(parts: Sequence[str | int]) -> str:
    """Return a path as a handle: letters and digits, the first letter small, such as `bildUrl`."""
    words = [word for part in parts for word in words_of(str(part))]
    joined = words[0] + "".join(word.capitalize() for word in words[1:]) if words else ""
    return joined[:60] if joined[:1].isalpha() else f"field{joined[:60].capitalize()}"
