"""Lessons as pages of a site: the answer is folded away until the reader has predicted it."""

from __future__ import annotations

from checker.lessons.page import PLAYED, Kind, Lesson, Part, read_question


def lesson_page(lesson: Lesson) -> str:
    """The Markdown of a lesson for the site."""
    pieces: list[str] = []
    hidden = False
    for part in lesson.parts:
        if part.kind is Kind.PROSE:
            pieces.append(part.text.replace("# ", f"# {lesson.number}. ", not pieces))
        elif part.kind is Kind.QUESTION:
            pieces.append(_question(part, lesson.name))
            hidden = True
        elif part.kind in PLAYED and hidden:
            body = _block(part)
            pieces.append(f"<details><summary>See what happens</summary>\n\n{body}\n\n</details>")
            hidden = False
        else:
            pieces.append(_block(part))
    pieces.append(f"In the terminal: `scuttle learn {lesson.number}`.")
    return "\n\n".join(pieces) + "\n"


def _question(part: Part, where: str) -> str:
    question = read_question(part, where)
    options = "\n".join(f"- **{each.letter})** {each.says}" for each in question.options)
    return f":::{{admonition}} Predict\n:class: tip\n\n{question.asks}\n\n{options}\n:::"


def _block(part: Part) -> str:
    lexer = "python" if part.kind is Kind.CODE else "text"
    return f"```{lexer}\n{part.text}```"
