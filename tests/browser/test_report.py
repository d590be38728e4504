"""Does a report look right in a browser, on a wide screen and on a phone, in light and in dark?

What was seen is kept in build/report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

WIDTHS = (1280, 390)

OVERLAPS = """
() => {
  const texts = "h1, h2, p, .legend li, figure svg, caption, th, td, pre, dt, dd";
  const boxes = [...document.querySelectorAll(texts)].map(element => {
    const box = element.getBoundingClientRect();
    return {element, told: element.textContent.trim().slice(0, 40), ...box.toJSON()};
  }).filter(box => box.width > 0 && box.height > 0);
  const found = [];
  boxes.sort((one, other) => one.top - other.top);
  boxes.forEach((one, at) => {
    for (const other of boxes.slice(at + 1)) {
      if (other.top >= one.bottom - 1) break;
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      // What scrolls out of its table is not seen.
      const ownTables = [one, other].map(box => box.element.closest(".scroll"));
      if (across > 1 && ownTables[0] === ownTables[1]) found.push([one.told, other.told]);
    }
  });
  return found;
}
"""
"""Which texts of the page overlap each other."""

CUT = """
() => [...document.querySelectorAll("h1, h2, p, li, dt, dd, th, td, caption")]
  .filter(element => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map(element => element.textContent.trim().slice(0, 40))
"""
"""Which texts of the page do not fit their boxes."""

SCROLLED = """
() => [...document.querySelectorAll(".scroll, pre")]
  .filter(box => box.scrollWidth > box.clientWidth + 1)
  .filter(box => box.querySelectorAll("thead th").length <= 9)
  .map(box => box.textContent.trim().slice(0, 40))
"""
"""Which boxes one must scroll to see all of; tables of very many columns aside."""

CONTRAST = """
() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.startsWith("rgba(0, 0, 0, 0")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = "h1, h2, p, dt, dd, th, td, caption, pre, li, footer";
  return Math.min(...[...document.querySelectorAll(texts)].map(element => {
    const levels = [light(getComputedStyle(element).color), light(ground(element))];
    return (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05);
  }));
}
"""
"""The least contrast of a text with what is behind it (WCAG 2.2, relative luminance)."""

DRAWN = """
letters => letters.map(letter => {
  const canvas = new OffscreenCanvas(40, 40), drawing = canvas.getContext("2d");
  drawing.font = "24px " + getComputedStyle(document.body).fontFamily;
  drawing.fillText(letter, 4, 30);
  return drawing.getImageData(0, 0, 40, 40).data.join();
})
"""
"""What letters look like in the font of the page."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["reviews", "chinese", "scripts", "strained", "numbers", "blank"])
def test_a_page_is_whole_in_a_browser(
    name: str, width: int, scheme: str, chromium: Any, pages: dict[str, Path]
) -> None:
    path = pages[name]

    said: list[str] = []
    asked: list[str] = []
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.screenshot(path=path.with_name(f"{name}-{width}-{scheme}.png"), full_page=True)

    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    sizes = "[document.scrollingElement.scrollWidth, window.innerWidth]"
    assert page.evaluate(sizes) == [width, width]
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(CUT) == []
    if name in ("reviews", "chinese"):
        assert page.evaluate(SCROLLED) == []
    assert page.evaluate(CONTRAST) >= 4.5
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(246, 247, 249)" if scheme == "light" else "rgb(18, 22, 28)")
    context.close()


@pytest.mark.parametrize("name", ["reviews", "chinese"])
def test_a_page_prints(name: str, chromium: Any, pages: dict[str, Path]) -> None:
    path = pages[name]
    page = chromium.new_page(color_scheme="dark", viewport={"width": 680, "height": 960})
    page.goto(path.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 680
    printed = page.pdf(path=path.with_suffix(".pdf"), format="A4", print_background=True)
    assert printed.startswith(b"%PDF")
    page.close()


def test_chinese_letters_are_no_boxes(chromium: Any, pages: dict[str, Path]) -> None:
    page = chromium.new_page()
    page.goto(pages["chinese"].as_uri())
    letters = list("的了我都是")
    assert len(set(page.evaluate(DRAWN, letters))) == len(letters)  # boxes would all look alike
    page.close()
