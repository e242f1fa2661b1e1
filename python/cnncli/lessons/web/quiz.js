// A verdict on each choice; the first one to a question counts.
const first = DATA.questions.map(() => null);
const score = document.getElementById("score");

function tell() {
  const answered = first.filter((one) => one !== null).length;
  const right = first.filter((one, index) => one === DATA.questions[index].right).length;
  const missed = DATA.questions.filter((one, index) => first[index] !== null && first[index] !== one.right);
  score.className = answered < DATA.questions.length ? "under-way" : "";
  score.replaceChildren(`${right} right of ${answered} answered, ${DATA.questions.length - answered} to go.`);
  if (answered === DATA.questions.length) {
    score.replaceChildren(`${right} of ${answered} right.${missed.length ? " To see again:" : ""}`);
    if (!missed.length) return;
    const list = document.createElement("ul");
    for (const one of missed) {
      const item = document.createElement("li"), code = document.createElement("code");
      code.textContent = one.see;
      item.append(one.title + ": ", code);
      list.append(item);
    }
    score.append(list);
  }
}

DATA.questions.forEach((one, index) => {
  const number = index + 1, field = document.getElementById("question-" + number);
  const whys = field.querySelectorAll(".why");
  whys.forEach((why) => { why.hidden = true; });
  field.addEventListener("change", (event) => {
    const chosen = Number(event.target.value);
    whys.forEach((why) => { why.hidden = why.id !== `why-${number}-${chosen}`; });
    if (first[index] === null) first[index] = chosen;
    field.className = chosen === one.right ? "right" : "wrong";
    tell();
  });
});
tell();
window.quiz = { first };
