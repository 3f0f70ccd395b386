// Progressive enhancement only: every page works without this file.
import { initAll } from "nhsuk-frontend"

// --- A button that acts once -------------------------------------------------------------

/** A second click or Enter while the first request is under way sends nothing. */
function submitOnce(form) {
  let sent = false
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return
    if (sent) return event.preventDefault()
    sent = true
    for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true")
  })
  // Coming back with the Back button: the form may be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return
    sent = false
    for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled")
  })
}

// --- What was typed outlives the session -------------------------------------------------

const KEPT = "kept:"

const keepable = (element) =>
  element.name && element.name !== "csrfmiddlewaretoken" && !["password", "file", "hidden", "submit", "button"].includes(element.type)

function read(form) {
  const values = {}
  for (const element of form.elements) {
    if (!keepable(element)) continue
    const typed =
      element.type === "checkbox" || element.type === "radio"
        ? element.checked && [element.value]
        : element.multiple
          ? [...element.selectedOptions].map((option) => option.value)
          : [element.value]
    values[element.name] = [...(values[element.name] ?? []), ...(typed || [])]
  }
  return values
}

function write(form, values) {
  const left = structuredClone(values)
  for (const element of form.elements) {
    if (!keepable(element) || !(element.name in left)) continue
    if (element.type === "checkbox" || element.type === "radio") element.checked = left[element.name].includes(element.value)
    else if (element.multiple) for (const option of element.options) option.selected = left[element.name].includes(option.value)
    else element.value = left[element.name].shift() ?? ""
    element.dispatchEvent(new Event(element.type === "checkbox" || element.type === "radio" ? "change" : "input", { bubbles: true }))
  }
}

/**
 * data-keep="a name unique to the form and its object": typed text stays in this tab's storage until
 * the server has answered with another page. Only the same person gets it back.
 */
function keep(form) {
  const person = document.body.dataset.person
  const key = `${KEPT}${person}:${form.dataset.keep}`
  if (!person) return
  const server = JSON.stringify(read(form))
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null")
  if (kept && kept.server === server && JSON.stringify(kept.typed) !== server) {
    write(form, kept.typed)
    const note = document.createElement("p")
    note.className = "nhsuk-inset-text app-kept"
    note.setAttribute("role", "status")
    note.textContent = "We put back what you had typed here and not yet saved."
    form.prepend(note)
  } else sessionStorage.removeItem(key)

  const save = () => {
    const typed = read(form)
    if (JSON.stringify(typed) === server) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, JSON.stringify({ server, typed }))
  }
  form.addEventListener("input", save)
  form.addEventListener("change", save)
  form.addEventListener("submit", () => {
    const entry = JSON.parse(sessionStorage.getItem(key) ?? "null")
    if (entry) sessionStorage.setItem(key, JSON.stringify({ ...entry, sent: true }))
  })
}

/**
 * What was sent and answered by a page of the signed-in person has arrived; answered by the sign-in page or
 * an error page, it has not. What another person typed in this tab is dropped.
 */
function settleKept() {
  const person = document.body.dataset.person
  const arrived = person && !("unsaved" in document.body.dataset)
  for (const key of Object.keys(sessionStorage).filter((name) => name.startsWith(KEPT))) {
    const entry = JSON.parse(sessionStorage.getItem(key))
    if ((person && !key.startsWith(`${KEPT}${person}:`)) || (entry.sent && arrived)) sessionStorage.removeItem(key)
    else if (entry.sent) sessionStorage.setItem(key, JSON.stringify({ ...entry, sent: false }))
  }
}

/** Signing out leaves nothing typed behind in this tab. */
function forgetOnSignOut(form) {
  form.addEventListener("submit", () => {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(KEPT)) sessionStorage.removeItem(key)
  })
}

// --- The session is about to end ---------------------------------------------------------

/**
 * <dialog data-session-seconds data-session-warn data-session-url>: opens `warn` seconds before the end.
 * Activity in another tab is honoured, because the time of the last answer is shared.
 */
function warnOfSessionEnd(dialog) {
  const seconds = Number(dialog.dataset.sessionSeconds)
  const warn = Number(dialog.dataset.sessionWarn)
  const left = dialog.querySelector("[data-session-left]")
  const shared = "session-answered"
  const touch = () => localStorage.setItem(shared, String(Date.now()))
  touch()

  const stay = async () => {
    try {
      const answer = await fetch(dialog.dataset.sessionUrl, { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } })
      if (answer.ok) {
        touch()
        dialog.close()
        return
      }
    } catch {
      // No network: the message below is as true then.
    }
    left.textContent = "You have been signed out. What you typed is kept in this tab: sign in again to go on."
    for (const button of dialog.querySelectorAll("button")) button.hidden = true
    dialog.querySelector("[data-session-in]").hidden = false
  }
  dialog.querySelector("[data-session-stay]").addEventListener("click", stay)
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault()
    stay()
  })

  let said = null
  setInterval(() => {
    const remaining = Math.ceil(seconds - (Date.now() - Number(localStorage.getItem(shared))) / 1000)
    if (remaining > warn) {
      if (dialog.open) dialog.close()
      return
    }
    if (!dialog.open) dialog.showModal()
    if (dialog.querySelector("[data-session-stay]").hidden) return
    if (remaining <= 0) {
      stay()
      return
    }
    const minutes = Math.ceil(remaining / 60)
    const words = `You will be signed out in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`
    if (words !== said) left.textContent = said = words
  }, 1000)
}

// --- Search as you type ------------------------------------------------------------------

/**
 * <input data-practice-search="/url/">: asks url?q=… for [{value, text, hint}] and offers a list,
 * by the ARIA combobox pattern. Choosing puts `value` in the input; the form works without it.
 */
function practiceSearch(input) {
  const list = document.createElement("ul")
  const status = document.createElement("div")
  const box = document.createElement("div")
  list.id = `${input.id}-listbox`
  list.className = "app-combobox__list"
  list.setAttribute("role", "listbox")
  list.setAttribute("aria-label", "Practices found")
  list.hidden = true
  status.className = "nhsuk-u-visually-hidden"
  status.setAttribute("role", "status")
  box.className = "app-combobox"
  input.replaceWith(box)
  box.append(input, list, status)
  input.setAttribute("role", "combobox")
  input.setAttribute("aria-autocomplete", "list")
  input.setAttribute("aria-controls", list.id)
  input.setAttribute("aria-expanded", "false")
  input.autocomplete = "off"

  let active = -1
  let asked = 0
  let timer = 0
  let asking = null

  const close = () => {
    clearTimeout(timer)
    asking?.abort()
    asked += 1
    list.hidden = true
    active = -1
    input.setAttribute("aria-expanded", "false")
    input.removeAttribute("aria-activedescendant")
  }
  const highlight = (index) => {
    const options = [...list.children]
    active = (index + options.length) % options.length
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)))
    options[active].scrollIntoView({ block: "nearest" })
    input.setAttribute("aria-activedescendant", options[active].id)
  }
  const choose = (option) => {
    input.value = option.dataset.value
    close()
    status.textContent = `${option.dataset.text} chosen.`
    input.dispatchEvent(new CustomEvent("practice-chosen", { bubbles: true, detail: { ...option.dataset } }))
    input.dispatchEvent(new Event("change", { bubbles: true }))
  }
  const show = (found) => {
    list.replaceChildren(
      ...found.map(({ value, text, hint }, at) => {
        const option = document.createElement("li")
        option.id = `${list.id}-${at}`
        option.className = "app-combobox__option"
        option.setAttribute("role", "option")
        option.setAttribute("aria-selected", "false")
        option.dataset.value = value
        option.dataset.text = text
        option.append(text)
        if (hint) {
          const small = document.createElement("span")
          small.className = "app-combobox__hint"
          small.textContent = ` ${hint}`
          option.append(small)
        }
        return option
      }),
    )
    active = -1
    list.hidden = found.length === 0
    input.setAttribute("aria-expanded", String(found.length > 0))
    input.removeAttribute("aria-activedescendant")
    status.textContent = found.length
      ? `${found.length} ${found.length === 1 ? "practice" : "practices"} found. Use the up and down arrow keys.`
      : "No practice found. Check the name or the code."
  }
  const search = async () => {
    const query = input.value.trim()
    if (query.length < 2) return close()
    const turn = (asked += 1)
    asking?.abort()
    asking = new AbortController()
    try {
      const url = new URL(input.dataset.practiceSearch, location.href)
      url.searchParams.set("q", query)
      const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "application/json" } })
      if (answer.ok && turn === asked) show(await answer.json())
    } catch (error) {
      if (error.name !== "AbortError") close()
    }
  }

  input.addEventListener("input", (event) => {
    if (!event.isTrusted && event.type !== "input") return
    clearTimeout(timer)
    timer = setTimeout(search, 150)
  })
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return
    if (event.key === "ArrowDown") highlight(active + 1)
    else if (event.key === "ArrowUp") highlight(active === -1 ? -1 : active - 1)
    else if (event.key === "Enter" && active >= 0) choose(list.children[active])
    else if (event.key === "Escape") close()
    else return
    event.preventDefault()
  })
  list.addEventListener("pointerdown", (event) => event.preventDefault())
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]")
    if (option) choose(option)
  })
  input.addEventListener("blur", close)
}

// --- Choosing rows -----------------------------------------------------------------------

/** <table data-select-rows>: a box in the heading chooses every row of this page; the count is said. */
function selectRows(table) {
  const all = table.querySelector("[data-select-all]")
  const boxes = [...table.querySelectorAll("tbody input[type=checkbox]")]
  const said = document.querySelector("[data-selected-count]")
  if (!all || !boxes.length) return
  all.closest("[hidden]")?.removeAttribute("hidden")
  const update = () => {
    const chosen = boxes.filter((box) => box.checked).length
    all.checked = chosen === boxes.length
    all.indeterminate = chosen > 0 && chosen < boxes.length
    if (said) said.textContent = `${chosen} chosen`
    for (const box of boxes) box.closest("tr").classList.toggle("app-row--chosen", box.checked)
  }
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked
    update()
  })
  for (const box of boxes) box.addEventListener("change", update)
  update()
}

/** <select data-go> inside a GET form: changing it sends the form; its button is for those without scripts. */
function sendOnChange(select) {
  select.form.querySelector("[data-go-button]")?.setAttribute("hidden", "")
  select.addEventListener("change", () => select.form.requestSubmit())
}

/** A radio has no expanded state to announce (ARIA allows it none), though the library says one. */
function noExpandedRadios() {
  for (const radio of document.querySelectorAll(".nhsuk-radios__input[aria-expanded]")) radio.removeAttribute("aria-expanded")
}

// --- The support matrix ------------------------------------------------------------------

/** <table data-matrix>: what the chosen rating means is said beside it, in [data-matrix-meaning]. */
function sayRating(table) {
  const meaning = table.closest("form")?.querySelector("[data-matrix-meaning]")
  if (!meaning) return
  const say = () => {
    const chosen = table.querySelector("input[type=radio]:checked")
    meaning.hidden = !chosen
    if (chosen) meaning.textContent = `${chosen.dataset.said}. ${chosen.dataset.rating}: ${chosen.dataset.meaning}`
  }
  table.addEventListener("change", say)
  say()
}

const each = (selector, enhance) => document.querySelectorAll(selector).forEach(enhance)

settleKept()
each("form[data-keep]", keep)
each("form[data-submit-once]", submitOnce)
each("input[data-sign-out]", (input) => forgetOnSignOut(input.form))
each("dialog[data-session-url]", warnOfSessionEnd)
each("input[data-practice-search]", practiceSearch)
each("table[data-select-rows]", selectRows)
each("select[data-go]", sendOnChange)
each("table[data-matrix]", sayRating)
initAll()
noExpandedRadios()
document.addEventListener("click", noExpandedRadios)
window.addEventListener("pageshow", noExpandedRadios)
