// The front page as it was known on other days: a slider a treaty, over one block of data.
(() => {
  const block = document.getElementById("history");
  if (!block) return;
  const { ratings, treaties } = JSON.parse(block.textContent);
  const named = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
  // Capitals: States Parties that had stocks; j to r: others that had; a to i: all else.
  const read = (letter) => {
    const n = letter.toLowerCase().charCodeAt(0) - 97;
    return { rating: ratings[n % 9], counted: letter < "a", stocked: letter < "a" || n > 8 };
  };
  for (const [id, { days, states, letters }] of Object.entries(treaties)) {
    const box = document.getElementById(`then-${id}`);
    const head = box.querySelector(".fp-day");
    const marks = [...box.querySelectorAll("[data-iso3]")];
    const slider = Object.assign(document.createElement("input"), {
      type: "range", min: 0, max: days.length - 1, value: days.length - 1, id: `day-${id}`,
    });
    const show = () => {
      const day = named.format(new Date(days[slider.value]));
      const found = new Map(states.map(([code], i) => [code, letters[slider.value][i]]));
      const names = new Map(states);
      const counts = {};
      for (const letter of found.values()) {
        const { rating, counted } = read(letter);
        if (letter !== "." && counted) counts[rating] = (counts[rating] ?? 0) + 1;
      }
      for (const mark of marks) {
        const letter = found.get(mark.dataset.iso3) ?? ".";
        const { rating, stocked } = read(letter);
        const on = letter !== "." && stocked;
        const kept = mark.getAttribute("class").split(" ").filter((name) => name.startsWith("fp-"));
        const more = on ? ["sp-on", `sp-${rating.replace(" ", "-")}`] : letter === "." ? ["fp-pale"] : [];
        mark.setAttribute("class", [...kept, ...more].join(" "));
        const said = `${names.get(mark.dataset.iso3)}: ${on ? rating : "no stock on record"}`;
        const title = mark.querySelector("title");
        if (title) title.textContent = said;
        else mark.title = said;
      }
      for (const part of box.querySelectorAll("[data-rating]")) {
        const n = counts[part.dataset.rating] ?? 0;
        part.hidden = n === 0;
        if (part.tagName === "I") part.style.flexGrow = n;
        else part.querySelector("b").textContent = n;
      }
      const total = Object.values(counts).reduce((a, b) => a + b, 0);
      head.querySelector("strong").textContent = `As known on ${day}:`;
      head.querySelector("[data-total]").textContent =
        `${total} ${total === 1 ? "State Party" : "States Parties"} that had stocks`;
      slider.setAttribute("aria-valuetext", day);
    };
    slider.addEventListener("input", show);
    const label = Object.assign(document.createElement("label"), { className: "fp-slider" });
    label.append("Another day ", slider);
    head.before(label);
  }
})();
