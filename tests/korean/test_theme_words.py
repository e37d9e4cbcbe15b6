"""The theme's words become Korean, the book's own stay, and no line begins with a particle."""

from tools.site.theme_words import in_korean


def page(article, around=""):
    return f'<body>{around}<article class="bd-article">{article}</article></body>'


def test_the_themes_words_are_korean_around_the_article_and_untouched_in_it():
    found = in_korean(page("<p>Search</p>", '<a title="Back to top">Search</a>'))
    assert '<a title="맨 위로">검색</a>' in found
    assert "<p>Search</p>" in found


def test_a_particle_keeps_to_a_short_formula_and_to_a_bracket():
    def math(tex):
        box = "<mjx-container></mjx-container>"
        return f'<span class="math notranslate" data-tex="{tex}">{box}</span>'

    short, long = math("h_t"), math("x" * 40)
    found = in_korean(page(f"<p>{short}, {short}는 {long}이 <a>(4.1)</a>의 <code>x</code>를</p>"))
    assert f'{short}, <span class="keep">{short}는</span> {long}이' in found
    assert "(4.1)</a>&#8288;의 <code>x</code>&#8288;를" in found


def test_code_and_scripts_are_left_alone():
    text = "<pre>print(1)은</pre><script>(x)을</script>"
    assert text in in_korean(page(text))
