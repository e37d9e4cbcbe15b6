// What the theme leaves undone on a page, where a style cannot mend it.

// A formula within a line does not break: one that is wider than a phone gets a line of its own,
// which scrolls.
function markWideFormulas() {
  for (const formula of document.querySelectorAll("span.math")) {
    const block = formula.closest("p, li, dd, td, div");
    const width = formula.querySelector("mjx-math")?.getBoundingClientRect().width;
    formula.classList.toggle("wide", width > block.clientWidth);
  }
}
window.addEventListener("load", () => {
  window.MathJax?.startup?.promise.then(markWideFormulas);
  window.addEventListener("resize", markWideFormulas);
  // A solution has no width until it is opened.
  document.addEventListener("click", () => requestAnimationFrame(markWideFormulas));
});

// What scrolls has to scroll by keyboard too. pydata-sphinx-theme 0.17.1 sees to code, outputs and
// tables, but not to formulas, nor to what stands in a solution that opens later.
function makeScrollersReachable() {
  const scrollers = ".math, mjx-container, pre, .cell_output > .output, .pst-scrollable-table-container";
  for (const box of document.querySelectorAll(scrollers)) {
    const scrolls = box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX);
    if (scrolls) box.tabIndex = 0;
    else if (box.tabIndex === 0) box.removeAttribute("tabindex");
  }
}
window.addEventListener("load", () => {
  setTimeout(makeScrollersReachable, 100);
  window.addEventListener("resize", () => setTimeout(makeScrollersReachable, 400));
  document.addEventListener("toggle", makeScrollersReachable, true);
});

// sphinx-book-theme 1.3.0 keeps a page's buttons inside its [role=main], which Sphinx 7.4 takes
// for the text: without this, a search result quotes ".ipynb .pdf" before the first line.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const textOf = Search.htmlToText;
  Search.htmlToText = (page, anchor) =>
    textOf(page.replace(' role="main"', "").replace("<article", '<article role="main"'), anchor);
});
