-- What is asked for is not in the catalogue, or does not count today; or it is
-- of a day that is not kept.

local missing = {}

function missing.title(page)
  return page.text.missing[page.data.kind]
end

function missing.body(page)
  local text = page.text
  page:put("<h1>%s</h1>\n<p>%s</p>\n<p><a href=\"%s\">%s</a></p>\n",
    text.missing[page.data.kind],
    (page.data.kind == "day" and text.missing_day or text.missing_about)
      :format(page.data.key), page:address "", text.overview)
end

return missing
