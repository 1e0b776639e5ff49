-- Forms as browsers send them: application/x-www-form-urlencoded bodies and
-- query strings.

local assist = require "assist"

local form = {}

local bytes = {}
for i = 0, 255 do
  local hex = ("%02x"):format(i)
  for _, a in ipairs { hex:sub(1, 1), hex:sub(1, 1):upper() } do
    for _, b in ipairs { hex:sub(2), hex:sub(2):upper() } do
      bytes[a .. b] = string.char(i)
    end
  end
end

-- nil where a "%" stands without its two digits.
local function unescape(text)
  if text:find("+", 1, true) then
    text = text:gsub("%+", " ")
  end
  if not text:find("%", 1, true) then
    return text
  end
  local _, signs = text:gsub("%%", "%%%%")
  local decoded, pairs_of_digits = text:gsub("%%(%x%x)", bytes)
  return signs == pairs_of_digits and decoded or nil
end

-- The fields of a form in their order, repeated ones too: { { name =, value =
-- }, ... }, at most `max` (1000).  nil and a reason for what is no such form.
function form.decode(text, max)
  local fields = {}
  for field in text:gmatch("[^&]+") do
    local name, value = field:match("^([^=]*)=?(.*)$")
    name, value = unescape(name), unescape(value)
    if not name or not value then
      return nil, "a % without two digits"
    elseif #fields == (max or 1000) then
      return nil, "too many fields"
    end
    fields[#fields + 1] = { name = name, value = value }
  end
  return fields
end

-- UTF-8, by the Unicode Standard's table of well-formed sequences (3-7).
local sequences = {
  "[\194-\223][\128-\191]",
  "\224[\160-\191][\128-\191]",
  "[\225-\236\238\239][\128-\191][\128-\191]",
  "\237[\128-\159][\128-\191]",
  "\240[\144-\191][\128-\191][\128-\191]",
  "[\241-\243][\128-\191][\128-\191][\128-\191]",
  "\244[\128-\143][\128-\191][\128-\191]",
}

-- Does a page's hidden field give this text back, byte for byte?  Browsers
-- send each line end as CR LF, and what is not UTF-8 as something else;
-- assist.html drops control characters.
function form.keeps(text)
  if text:find("[%z\1-\8\11\12\14-\31\127]") then
    return false
  end
  if text:find("[\r\n]") and text:gsub("\r\n", ""):find("[\r\n]") then
    return false
  end
  if text:find("[\128-\255]") then
    for _, sequence in ipairs(sequences) do
      -- a blank in its place, so that its neighbours do not meet
      text = text:gsub(sequence, " ")
    end
  end
  return not text:find("[\128-\255]")
end

local secret_words = {
  pass = true, passwd = true, pwd = true, pin = true, otp = true, cvv = true,
  cvv2 = true, cvc = true, cvc2 = true, secret = true,
}

-- Is this the name of a field that no page may show or send again: a
-- password, a code?
function form.secret(name)
  local folded = assist.text.fold(name)
  for word in folded:gmatch("%S+") do
    if secret_words[word] then
      return true
    end
  end
  local whole = folded:gsub("%s", "")
  for _, part in ipairs { "password", "passphrase", "passcode", "matkhau" } do
    if whole:find(part, 1, true) then
      return true
    end
  end
  return false
end

-- Has a form one of these names, separated by blanks?  Of what could not be
-- decoded (nil) there is no telling: true.
function form.has(fields, names)
  if not fields then
    return true
  end
  for _, field in ipairs(fields) do
    for name in names:gmatch("%S+") do
      if field.name == name then
        return true
      end
    end
  end
  return false
end

return form
