"use strict";
// Tables of a published report: sorted by a click on a heading, filtered by words and by kind
// (which is a rating, or what became of a statement; the page says what it calls its kinds).
// Marks of states in pictures: a card on hover, focus and tap; a state that is picked in one
// place is marked in all.
// Without this script the page says the same. Words from the data are only ever set as text.
(() => {
  const make = (tag, given, ...children) => {
    const made = Object.assign(document.createElement(tag), given);
    made.append(...children);
    return made;
  };

  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  // Numbers by value, all else as words, in which ISO days fall into place by themselves.
  const compare = (a, b) => {
    const difference = Number(a) - Number(b);
    return Number.isNaN(difference) ? collator.compare(a, b) : difference;
  };

  function sortable(table) {
    const body = table.tBodies[0];
    const asPublished = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const menu = make("select", {}, new Option("as published", ""));

    const valueOf = (row, column) => {
      const cell = row.cells[column];
      return (cell.dataset.sort ?? cell.textContent).trim();
    };
    const show = (column, way) => {
      const sign = way === "descending" ? -1 : 1;
      const rows = [...asPublished];
      // The sort is stable: equal rows stay as published. What is not stated comes last either way.
      if (way) {
        rows.sort((one, other) => {
          const [a, b] = [valueOf(one, column), valueOf(other, column)];
          return a === "" || b === "" ? (a === "") - (b === "") : sign * compare(a, b);
        });
      }
      body.append(...rows);
      for (const head of heads) head.removeAttribute("aria-sort");
      if (way) heads[column].setAttribute("aria-sort", way);
      menu.value = way ? `${column} ${way}` : "";
    };

    const next = { "": "ascending", ascending: "descending", descending: "" };
    heads.forEach((head, column) => {
      if (head.dataset.sort === "none") return;
      const name = head.textContent.trim();
      const button = make("button", { type: "button", className: "sp-sort" }, ...head.childNodes);
      const way = () => head.getAttribute("aria-sort") ?? "";
      button.addEventListener("click", () => show(column, next[way()]));
      head.append(button);
      for (const way of ["ascending", "descending"]) {
        menu.append(new Option(`${name}, ${way}`, `${column} ${way}`));
      }
    });
    menu.addEventListener("change", () => {
      const [column, way] = menu.value.split(" ");
      show(Number(column), way ?? "");
    });
    // For a narrow window, where the headings do not show.
    table.before(make("label", { className: "sp-by" }, "Order ", menu));
  }

  // As somebody types it who has neither accents nor curved apostrophes at hand.
  const plain = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").replace(/\u2019/g, "'").toLowerCase();

  function filterable(section) {
    const items = [...section.querySelectorAll("[data-sortable] tbody tr, [data-item]")];
    const words = new Map(items.map((item) => [item, plain(item.textContent)]));
    const kindOf = (item) => item.closest("[data-kind]")?.dataset.kind;
    // What goes when nothing in it is left: a table with its title, a list to be unfolded.
    const blocks = [...section.querySelectorAll("[data-block]")];
    const opened = new Map();

    const text = make("input", { type: "search", autocomplete: "off" });
    const kind = make("select", {}, new Option("any", ""));
    for (const name of new Set(items.map(kindOf).filter(Boolean))) {
      const count = items.filter((item) => kindOf(item) === name).length;
      kind.append(new Option(`${name} (${count})`, name));
    }
    const count = make("output", {});
    const bar = make("div", { className: "sp-tools" }, make("label", {}, "Find ", text));
    if (kind.length > 2) bar.append(make("label", {}, `${section.dataset.kinds} `, kind));
    bar.append(count);
    bar.setAttribute("role", "search");

    const show = () => {
      const wanted = plain(text.value).split(/\s+/).filter(Boolean);
      const active = wanted.length > 0 || kind.value !== "";
      for (const item of items) {
        const fits = kind.value === "" || kindOf(item) === kind.value;
        item.hidden = !(fits && wanted.every((word) => words.get(item).includes(word)));
      }
      const shown = items.filter((item) => !item.hidden);
      const before = bar.classList.contains("sp-active");
      for (const block of blocks) {
        block.hidden = active && !shown.some((item) => block.contains(item));
        if (!before) opened.set(block, block.open);
        if (active || before) block.open = active ? !block.hidden : opened.get(block);
      }
      bar.classList.toggle("sp-active", active);
      const total = `${items.length} ${section.dataset.filter}`;
      count.textContent = active ? `${shown.length} of ${total}` : total;
      // For paper, where the controls do not show.
      const said = [
        wanted.length ? `with "${text.value.trim()}"` : "",
        kind.value ? `${section.dataset.kinds.toLowerCase()} ${kind.value}` : "",
      ];
      count.dataset.filter = said.filter(Boolean).join(", ");
    };
    text.addEventListener("input", show);
    kind.addEventListener("change", show);
    if (blocks.length) blocks[0].before(bar);
    else section.prepend(bar);
    show();
  }

  // What a mark says, in the words that it holds for who does not see it.
  const card = make("div", { className: "sp-card", hidden: true });
  const show = (mark) => {
    card.hidden = !mark;
    if (!mark) return;
    const said = mark.querySelector(".sp-said, title");
    card.textContent = mark.dataset.card ?? said?.textContent ?? mark.title;
    const box = mark.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - card.offsetWidth - 24);
    const above = box.top - card.offsetHeight - 6;
    card.style.left = `${Math.max(left, 8) + scrollX}px`;
    card.style.top = `${(above > 0 ? above : box.bottom + 6) + scrollY}px`;
  };

  let picked = "";
  const pick = (mark) => {
    picked = picked === mark.dataset.iso3 ? "" : mark.dataset.iso3;
    for (const each of document.querySelectorAll("[data-iso3]")) {
      const same = each.dataset.iso3.split(" ").some((code) => picked.includes(code));
      each.classList.toggle("sp-picked", same);
    }
  };

  const on = (name, act) =>
    document.addEventListener(name, (event) =>
      act(event.target.closest?.("[data-cards] [data-iso3]"), event),
    );
  on("mouseover", show);
  on("focusin", show);
  on("click", (mark) => {
    show(mark);
    if (mark) pick(mark);
  });
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  on("keydown", (mark, event) => {
    if (event.key === "Escape") show();
    if (!mark || mark !== event.target) return;
    if (event.key === "Enter") pick(mark);
    // A whole picture of marks is one stop of the keyboard; arrows go from mark to mark.
    const marks = [...(mark.closest("[data-roving]")?.querySelectorAll("[data-iso3]") ?? [])];
    if (!(event.key in steps) || !marks.length) return;
    event.preventDefault();
    const next = marks.at((marks.indexOf(mark) + steps[event.key]) % marks.length);
    mark.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  for (const group of document.querySelectorAll("[data-roving]")) {
    const first = group.querySelector("[data-iso3]");
    if (first) first.tabIndex = 0;
  }
  document.body.append(card);

  document.querySelectorAll("table[data-sortable]").forEach(sortable);
  document.querySelectorAll("[data-filter]").forEach(filterable);
})();
