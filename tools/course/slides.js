// Starts reveal.js on a deck: one slide at a time on a wide screen, one long page on a phone.
const deck = document.querySelector(".deck");
const root = document.documentElement;
const printing = /print-pdf|view=print/.test(location.search);
const framed = window.parent !== window; // the speaker's window shows two slides in small frames
const dark = matchMedia("(prefers-color-scheme: dark)");

// Paper is white. On a screen the system's choice holds until the key D has been pressed.
root.dataset.theme = dark.matches && !printing ? "dark" : "light";
dark.addEventListener("change", () => {
  if (!printing) root.dataset.theme = dark.matches ? "dark" : "light";
});
const changeTheme = () => {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
};

if (window.Reveal && (innerWidth >= 700 || printing || framed)) {
  deck.classList.add("reveal");
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    maxScale: 4,
    center: false,
    transition: "none",
    backgroundTransition: "none",
    hash: true, // #/slide-3; with hashOneBasedIndex the speaker's window would lag one behind
    slideNumber: "c/t",
    controlsLayout: "edges",
    controlsTutorial: false,
    pdfMaxPagesPerSlide: 1,
    scrollActivationWidth: null,
    plugins: [RevealNotes],
    keyboard: { 68: changeTheme },
  });
  Reveal.addKeyBinding?.({ keyCode: 68, key: "D", description: "Dark or light" }, changeTheme);
}

// A live figure's controls keep their keys, and reveal.js all others: Page Up and Page Down, which
// remote controls send, always turn the slide, and Escape gives the keys back to the slides.
for (const figure of document.querySelectorAll(".lstm-live")) {
  figure.setAttribute("data-prevent-swipe", "");
  figure.addEventListener("keydown", (event) => {
    if (event.key === "PageDown" || event.key === "PageUp") event.preventDefault();
    else event.stopPropagation();
    if (event.key === "Escape" || event.key.startsWith("Page")) document.activeElement.blur();
  });
}
