"""Words of the theme in Korean: those that its catalogues lack, and those that they have wrong.

pydata-sphinx-theme 0.17.1 has no Korean and asks for no translation of some of its words;
sphinx-book-theme 1.3.0 has Korean that means another thing (its "By" is "toward").
"""

import re

THEME_WORDS = {
    "Back to top": "맨 위로",
    "By": "글:",
    "By the": "글:",
    "Chapters": "장",
    "Colab logo": "Colab 로고",
    "Color mode": "화면 색",
    "Contents": "차례",
    "Copyright": "저작권",
    "Dark": "어둡게",
    "Download notebook file": "노트북 파일 내려받기",
    "Download source file": "원본 파일 내려받기",
    "Download this page": "이 페이지 내려받기",
    "Edit this page": "이 페이지 고치기",
    "Error": "오류",
    "Exercise": "연습 문제",
    "Figure": "그림",
    "Fullscreen mode": "전체 화면",
    "Home": "처음",
    "Important": "중요",
    "Launch": "실행",
    "Launch interactive content": "노트북으로 실행",
    "Launch on Colab": "Colab에서 열기",
    "Light": "밝게",
    "Link to this equation": "이 식의 링크",
    "Link to this heading": "이 제목의 링크",
    "Link to this image": "이 그림의 링크",
    "Link to this term": "이 용어의 링크",
    "Main": "주요 메뉴",
    "Note": "참고",
    "On this page": "이 페이지에서",
    "Open an issue": "문제 알리기",
    "Open issue": "문제 알리기",
    "Page": "페이지",
    "Print to PDF": "PDF로 인쇄",
    "Proof": "증명",
    "Repository": "저장소",
    "Search": "검색",
    "Section Navigation": "이 부분의 차례",
    "Skip to main content": "본문으로 건너뛰기",
    "Solution": "풀이",
    "Solution to": "풀이:",
    "Source repositories": "소스 저장소",
    "Source repository": "소스 저장소",
    "Suggest edit": "고칠 점 제안",
    "System Settings": "시스템 설정",
    "Table of contents": "차례",
    "Theorem": "정리",
    "Tip": "도움말",
    "Toggle hidden content": "숨긴 내용 여닫기",
    "Toggle primary sidebar": "차례 여닫기",
    "Toggle secondary sidebar": "이 페이지의 차례 여닫기",
    "Version warning": "버전 안내",
    "Warning": "주의",
    "next page": "다음 페이지",
    "open issue": "문제 알리기",
    "previous page": "이전 페이지",
    "© Copyright %(copyright)s.": "© %(copyright)s.",
    "repository": "저장소",
    "suggest edit": "고칠 점 제안",
}  # fmt: skip
WORD_JOINER = "&#8288;"
ATTRIBUTE = re.compile(r'(?<= )(title|aria-label|alt|placeholder)="([^"]+)"')
TEXT = re.compile(r">(\s*)([A-Z][A-Za-z ]+?)(\s*)<")
# A particle keeps to the bracket, code or formula before it, or a browser begins a line with it. A
# formula is a box: to its browser there is always a place to break behind it, but in a `nowrap`.
UNREAD = r"<(?P<name>head|script|style|svg|pre|math|option|textarea)\b.*?</(?P=name)>"
BEFORE_A_PARTICLE = re.compile(rf"{UNREAD}|(?P<end>[)’”](?:</\w+>)*|</code>)(?=[가-힣])", re.DOTALL)
FORMULA = re.compile(
    r'<span class="math [^>]*data-tex="[^"]{1,30}"[^>]*>'  # a longer one may fill a phone's line
    r'(?:(?!<span class="math ).)*?</mjx-container></span>[가-힣]{1,6}',
    re.DOTALL,
)
UNDER = re.compile(r'aria-label="Pages under “([^”]+)”"')


def in_korean(page):
    """Return a page of the site with the theme's English words in Korean, where it has any left."""
    page = ATTRIBUTE.sub(lambda m: f'{m[1]}="{THEME_WORDS.get(m[2], m[2])}"', page)
    page = UNDER.sub(r'aria-label="“\1” 아래의 페이지"', page)
    # Between tags, the theme's words stand outside the article; in it the text is the book's own.
    parts = re.split(r'(<article class="bd-article.*?</article>)', page, flags=re.DOTALL)
    parts[::2] = [
        TEXT.sub(lambda m: f">{m[1]}{THEME_WORDS.get(m[2], m[2])}{m[3]}<", part)
        for part in parts[::2]
    ]
    page = BEFORE_A_PARTICLE.sub(
        lambda m: f"{m[0]}{WORD_JOINER}" if m["end"] else m[0], "".join(parts)
    )
    return FORMULA.sub(r'<span class="keep">\g<0></span>', page)
