// The sums of a sitting over a bid, and of a payment run, as one goes; the page works them out by itself without this file.

/** Pence of what is typed in an amount; 0 where it cannot be read. */
function pence(text) {
  const typed = text.replace(/[\s£]/g, "")
  if (!/^(\d{1,3}(,\d{3})+|\d+)(\.\d{0,2})?$/.test(typed)) return 0
  const [pounds, part = ""] = typed.replaceAll(",", "").split(".")
  return Number(pounds) * 100 + Number(part.padEnd(2, "0"))
}

/** "£2,000", "£2,000.50", "-£20". */
function said(amount) {
  const size = Math.abs(amount)
  const pounds = Math.floor(size / 100).toLocaleString("en-GB")
  const part = size % 100 ? `.${String(size % 100).padStart(2, "0")}` : ""
  return `${amount < 0 ? "-" : ""}£${pounds}${part}`
}

function follow(form) {
  const lines = [...form.querySelectorAll("[data-bid-line]")]
  const show = (name, amount) => {
    const place = form.querySelector(`[data-sum=${name}]`)
    if (place && place.textContent !== said(amount)) place.textContent = said(amount)
  }
  const reasons = new Map([...document.querySelectorAll("[data-excluded]")].map((each) => [each.dataset.excluded, each.textContent]))

  const answered = (line) => line.querySelector("input[name^=result_]:checked")?.value
  const supported = (line) => {
    if (answered(line) === "in_full") return Number(line.dataset.asked)
    return answered(line) === "in_part" ? pence(line.querySelector("input[name^=amount_]").value) : 0
  }
  const work = () => {
    const asked = lines.reduce((sum, line) => sum + Number(line.dataset.asked), 0)
    const given = lines.reduce((sum, line) => sum + supported(line), 0)
    const place = form.querySelector("[data-sum=allocation]")
    const chosen = form.querySelector("input[name=allocation]:checked")
    const held = chosen ? pence(chosen.labels[0].textContent.match(/: (£[\d,.]+) left/)?.[1] ?? "") : Number(place.dataset.held)
    const left = Number(form.dataset.toCommit) - given
    show("supported", given)
    show("refused", asked - given)
    show("decision", left)
    show("allocation", held - given)
    form.querySelector("[data-too-much]").hidden = left >= 0 && held - given >= 0
  }
  // A kind of spend that is not supported answers its line, and gives the reason that the practice reads.
  form.addEventListener("change", ({ target }) => {
    if (target.name?.startsWith("excluded_") && target.value) {
      const line = target.closest("[data-bid-line]")
      const reason = line.querySelector("textarea[name^=reason_]")
      line.querySelector("input[value=not_supported]").click()
      if (!reason.value.trim() || [...reasons.values()].includes(reason.value)) reason.value = reasons.get(target.value) ?? ""
    }
    work()
  })
  form.addEventListener("input", work)
  work()
}

document.querySelectorAll("form[data-sums]").forEach(follow)

/** The sum of what is ticked. */
function tick(form) {
  const boxes = [...form.querySelectorAll("[data-pence]")]
  const work = () => {
    const ticked = boxes.filter((box) => box.checked)
    form.querySelector("[data-ticked-sum]").textContent = said(ticked.reduce((sum, box) => sum + Number(box.dataset.pence), 0))
    form.querySelector("[data-ticked-count]").textContent = `${ticked.length} ${ticked.length === 1 ? "payment" : "payments"}`
  }
  form.addEventListener("change", work)
  form.querySelector("[value=sum]").hidden = true
  work()
}

document.querySelectorAll("form[data-ticked]").forEach(tick)
