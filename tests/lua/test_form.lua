-- assist.form: what browsers send, and what a page can give back.

local fake = require "fake"
local form = require "assist.form"

local equal = fake.equal
local tests = {}

local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

local function shown(text, max)
  local fields, reason = form.decode(text, max)
  if not fields then
    return reason
  end
  local parts = {}
  for i, field in ipairs(fields) do
    parts[i] = field.name .. "[" .. field.value .. "]"
  end
  return table.concat(parts, " ")
end

for text, expected in pairs {
  [""] = "",
  ["a=1&b=2"] = "a[1] b[2]",
  ["a=1&a=2&a="] = "a[1] a[2] a[]",
  ["a&b=c=d&=e"] = "a[] b[c=d] [e]",
  ["&&a=1&"] = "a[1]",
  ["a+b=c+d%2B%20e"] = "a b[c d+ e]",
  ["%c3%A9=%E1%BB%99%00%fF"] = "é[ộ\0\255]",
  ["a=%2525"] = "a[%25]",
  ["a=%"] = "a % without two digits",
  ["a=%2"] = "a % without two digits",
  ["%zz=1"] = "a % without two digits",
  ["a=%%41"] = "a % without two digits",
} do
  test("decode: " .. text, function()
    equal(shown(text), expected)
  end)
end

test("decode: at most so many fields", function()
  equal(shown("a&a&a", 3), "a[] a[] a[]")
  equal(shown("a&a&a&a", 3), "too many fields")
end)

for text, expected in pairs {
  [""] = true, ["Họ và tên\t<&\">"] = true, ["a\r\nb\r\n"] = true,
  ["a\nb"] = false, ["a\rb"] = false, ["a\r\n\rb"] = false,
  ["\r\r\n\n"] = false, ["\0"] = false, ["\127"] = false, ["\12"] = false,
  ["\240\159\152\128"] = true,                  -- U+1F600
  ["\244\143\191\191"] = true, ["\244\144\128\128"] = false,
  ["\237\160\128"] = false,                     -- a surrogate
  ["\192\128"] = false, ["\224\128\128"] = false, -- longer than need be
  ["\195"] = false, ["\169"] = false, ["\195\225\187\153\169"] = false,
  ["\225\187"] = false, ["\255"] = false,
} do
  test(("keeps: %q is %s"):format(text, tostring(expected)), function()
    equal(form.keeps(text), expected)
  end)
end

test("has: one of the names", function()
  local fields = form.decode("a=1&b.c=")
  equal(form.has(fields, "x b.c"), true)
  equal(form.has(fields, "x b"), false)
  equal(form.has(fields, ""), false)
  equal(form.has(nil, "x"), true)
end)

for name, expected in pairs {
  password = true, userPassword = true, pwd = true, PIN = true,
  ["ma.otp"] = true, CVV2 = true, passport = false, passport_no = false, spin = false,
  csrf_token = false, ho_ten = false,
} do
  test("secret: " .. name, function()
    equal(form.secret(name), expected)
  end)
end

return tests
