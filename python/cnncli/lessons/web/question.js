// Reasons are hidden until a choice is made; then that of the choice is shown.
for (const why of document.querySelectorAll(".why")) why.hidden = true;
for (const choice of document.querySelectorAll("#question input")) {
  choice.addEventListener("change", () => {
    for (const why of document.querySelectorAll(".why")) why.hidden = why.id !== "why-" + choice.value;
  });
}
