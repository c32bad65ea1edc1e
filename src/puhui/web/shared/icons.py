"""Our own icons: single strokes on a 24-unit square, drawn with the colour of the text beside them."""

from __future__ import annotations

# name -> the inside of the svg; strokes only, no fill, so that one rule of the style sheet colours them all.
ICONS: dict[str, str] = {
    "help": '<circle cx="12" cy="6.5" r="3.2"/><path d="M3 13.5c3 .2 4.6 1.6 6.2 3 1.7 1.3 3.9 1.3 5.6 0 1.6-1.4 3.2-2.8 6.2-3-1.5 4.5-4.8 7.5-9 7.500s-7.5-3-9-7.500z"/>',
    "back": '<path d="M15 4.5 7.5 12l7.5 7.5"/>',
    "next": '<path d="M9 4.5 16.5 12 9 19.5"/>',
    "home": '<path d="M3.5 11 12 3.5 20.5 11M5.5 9.500V20H9.500v-6h5v6h4V9.5"/>',
    "yen": '<circle cx="12" cy="12" r="9"/><path d="m8.5 7 3.5 5 3.5-5M12 12v5.500M9 12.500h6M9 15h6"/>',
    "doc": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h4"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.500c.8-4 3.8-6 7.5-6s6.7 2 7.5 6"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 19.500c.6-3.6 3.1-5.5 6.5-5.500s5.9 1.9 6.5 5.500M16 4.800a3.5 3.5 0 0 1 0 6.400M18 14.300c2 .8 3.2 2.6 3.5 5.2"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "cross": '<path d="m5.5 5.5 13 13M18.5 5.500l-13 13"/>',
    "dash": '<path d="M6 12h12"/>',
    "shield": '<path d="M12 3 5 5.500V11c0 5 3 8 7 10 4-2 7-5 7-10V5.500zM8.8 11.800l2.3 2.3 4.2-4.5"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.500V8a4 4 0 0 1 8 0v2.5"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.500M12 7.500v.2"/>',
    "warn": '<path d="M12 4 2.8 20h18.400zM12 10v5M12 17.500v.2"/>',
    "snow": '<path d="M12 2.500v19M3.8 7.200l16.4 9.600M20.2 7.2 3.8 16.800M9.5 4.5 12 7l2.5-2.500M9.5 19.5 12 17l2.5 2.500M4 11l3.3-1L6.5 6.500M20 13l-3.3 1 .8 3.500M20 11l-3.3-1 .8-3.500M4 13l3.3 1-.8 3.5"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 6.500V12l4 2"/>',
    "down": '<path d="M12 4v15M5.5 12.5 12 19l6.5-6.5"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "list": '<path d="M8.5 6H21M8.5 12H21M8.5 18H21M3.5 6h1M3.5 12h1M3.5 18h1"/>',
    "chat": '<path d="M4 4.500h16v12h-9l-4 3.500v-3.500H4z"/>',
    "phone": '<path d="M5 3.500h4l1.5 5-2.3 1.700a13 13 0 0 0 5.6 5.600l1.7-2.3 5 1.500v4c0 1-1 1.5-2 1.500A16.5 16.5 0 0 1 3.5 5.500c0-1 .5-2 1.5-2z"/>',
    "book": '<path d="M5 4h14v16H6.500A1.5 1.5 0 0 1 5 18.500zM5 18.500A1.5 1.5 0 0 1 6.5 17H19"/>',
    "chart": '<path d="M4 20h16M7 20v-6M12 20V6M17 20v-9"/>',
    "scale": '<path d="M12 4v16M7 20h10M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z"/>',
    "print": '<path d="M7 8.500V3.500h10v5M7 16.500H4v-8h16v8h-3M7 13.500h10v7H7z"/>',
    "bank": '<path d="M3.5 9 12 4l8.5 5zM5.5 9v8M10 9v8M14 9v8M18.5 9v8M3.5 20h17M4.5 17h15"/>',
    "bell": '<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 1.500h-15zM10 21h4"/>',
    "key": '<circle cx="8" cy="15.5" r="4.5"/><path d="m11.5 12.5 8-8M16 8l3 3"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>',
    "replay": '<path d="M4.5 12a7.5 7.5 0 1 1 2.2 5.300M4.5 19v-4.500H9"/>',
    "swap": '<path d="M8 4v15M4 8l4-4 4 4M16 20V5M12 16l4 4 4-4"/>',
    "globe": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3z"/>',
}
LOGO = (
    '<circle cx="12" cy="5.8" r="3.9" class="sun"/>'
    '<path d="M2 10.200c3 .1 4.8 1.3 6.6 3 1.9 1.6 4.9 1.6 6.8 0 1.8-1.7 3.6-2.9 6.6-3C19.9 16.2 16.4 20.2 12 20.2S4.1 16.2 2 10.200z" class="hand"/>'
)


def icon_svg(name: str, css: str = "") -> str:
    """This function will return the svg text of an icon, hidden from readers (a word always stands beside it)."""
    inside = ICONS[name]
    return f'<svg class="icon {css}" viewBox="0 0 24 24" aria-hidden="true">{inside}</svg>'
