-- A form's required fields: as a hook's parameter names them, which of them are
-- empty, and the inputs that ask for these.

local assist = require "assist"

local required_fields = {}

local html = assist.html

local kinds = {
  text = html 'type="text"', textarea = true, checkbox = true,
  tel = html 'type="tel" autocomplete="tel"', date = html 'type="date"',
  email = html 'type="email" autocomplete="email"',
}

-- "field:label|field:label:kind" as a list of { name =, label =, kind =, value
-- = }; raises where that cannot be meant.
function required_fields.parse(text)
  local list = {}
  for item in (text or ""):gmatch("[^|]+") do
    local name, label = item:match("^%s*([^:%s]+)%s*:%s*(.-)%s*$")
    local rest, kind, value = (label or ""):match("^(.-)%s*:(%l+)=?(.*)$")
    if (rest or label or "") == "" or kind and not kinds[kind] then
      error(('"%s" in required= is not field:label or field:label:kind')
        :format(item))
    end
    list[#list + 1] = { name = name, label = rest or label,
      kind = kind or "text", value = value ~= "" and value or "on" }
  end
  if #list == 0 then
    error 'required= is missing: write "required=field:label|field:label"'
  end
  return list
end

-- The required fields that are empty.  None where the form has not even one of
-- them: then it is another form that is sent to the same address.
function required_fields.missing(required, fields)
  local sent, filled, missing, known = {}, {}, {}, false
  for _, field in ipairs(fields) do
    sent[field.name] = true
    filled[field.name] = filled[field.name] or field.value:find("%S") ~= nil
  end
  for _, item in ipairs(required) do
    known = known or sent[item.name]
    if not filled[item.name] then
      missing[#missing + 1] = item
    end
  end
  return known and missing or {}
end

-- An input with its label, for a field that is asked for.
function required_fields.input(item, id, label)
  if item.kind == "checkbox" then
    return html('<p><input type="checkbox" id="%s" name="%s" value="%s" '
      .. 'required>\n<label class="inline" for="%s">%s</label></p>\n', id,
      item.name, item.value, id, label)
  end
  label = html('<label for="%s">%s</label>', id, label)
  if item.kind == "textarea" then
    return html('<p>%s\n<textarea id="%s" name="%s" rows="4" required>'
      .. "</textarea></p>\n", label, id, item.name)
  end
  return html('<p>%s\n<input %s id="%s" name="%s" required></p>\n', label,
    kinds[item.kind], id, item.name)
end

return required_fields
