// What the theme leaves undone on a page, where a style cannot mend it.

const KOREAN = document.documentElement.lang === "ko";

// Measure what may be too wide when it comes near the window: a long chapter measured at once would
// stop a phone for a second.
const MEASURED = ".math, mjx-container, pre, .cell_output > .output, .pst-scrollable-table-container";
const near = new IntersectionObserver(
  (changes) => changes.forEach((change) => change.isIntersecting && measure(change.target)),
  { rootMargin: "100% 0%" },
);
function watch() {
  near.disconnect();
  document.querySelectorAll(MEASURED).forEach((box) => near.observe(box));
}
function measure(box) {
  // A formula within a line does not break: one that is wider than a phone gets a line of its own,
  // which scrolls.
  if (box.matches("span.math")) {
    const width = box.querySelector("mjx-math").getBoundingClientRect().width;
    box.classList.toggle("wide", width > box.closest("p, li, dd, td, div").clientWidth);
  }
  // What scrolls has to scroll by keyboard too. pydata-sphinx-theme 0.17.1 sees to code, outputs
  // and tables, but not to formulas, nor to what stands in a solution that opens later.
  const scrolls = box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX);
  if (scrolls) box.tabIndex = 0;
  else if (box.tabIndex === 0) box.removeAttribute("tabindex");
}
document.addEventListener("DOMContentLoaded", () => {
  watch();
  let width = innerWidth;
  window.addEventListener("resize", () => {
    if (innerWidth !== width) watch();
    width = innerWidth;
  });
});

// A formula is drawn letter by letter and would be copied as nothing: copy its TeX.
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const copied = document.createElement("div");
  copied.append(selection.getRangeAt(0).cloneContents());
  const formulas = copied.querySelectorAll("[data-tex]");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const mark = formula.matches("div") ? "$$" : "$";
    formula.replaceWith(mark + formula.dataset.tex + mark);
  }
  document.body.append(copied); // innerText keeps the lines of what is laid out
  event.clipboardData.setData("text/plain", copied.innerText);
  copied.remove();
  event.preventDefault();
});

// A figure that is clicked opens in full size, and scrolls there. Without scripts its picture opens.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.enlarge");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.ariaLabel = KOREAN ? "원래 크기의 그림" : "Figure in full size";
  dialog.setAttribute("closedby", "any");
  const close = document.createElement("button");
  close.textContent = KOREAN ? "닫기" : "Close";
  close.onclick = () => dialog.close();
  const picture = link.querySelector("img").cloneNode();
  picture.removeAttribute("style");
  const frame = document.createElement("div");
  frame.tabIndex = 0; // it scrolls, by keyboard too
  frame.append(picture);
  dialog.append(close, frame);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
});

// On paper all is open, and dark on white.
let themeOnScreen;
window.addEventListener("beforeprint", () => {
  themeOnScreen = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  for (const details of document.querySelectorAll("article details:not([open])")) {
    details.open = details.dataset.printed = true;
  }
});
window.addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = themeOnScreen;
  for (const details of document.querySelectorAll("details[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
});

// Sphinx 7.4 fetches each page that a search finds, to quote it; opened from a folder, no page may
// be fetched, and each try would be an error in the console.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// sphinx-book-theme 1.3.0 keeps a page's buttons inside its [role=main], which Sphinx 7.4 takes
// for the text: without this, a search result quotes ".ipynb .pdf" before the first line.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  const textOf = Search.htmlToText;
  Search.htmlToText = (page, anchor) =>
    textOf(page.replace(' role="main"', "").replace("<article", '<article role="main"'), anchor);
});
