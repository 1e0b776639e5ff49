-- `assist test`: runs the *_test.lua files of a folder.

local args = require "assist.cli.args"
local files = require "assist.cli.files"
local kit = require "assist.cli.kit"

local tests = {}

local function failure(reason)
  if type(reason) == "table" and reason.usage then
    return reason.usage
  end
  return type(reason) == "string" and reason or "(the error is not a string)"
end

-- The tests that a file registers; a file that does not load, or has none, is
-- one test that fails.
local function tests_of(path, root)
  kit.tests, kit.folder, kit.root = {}, files.folder(path), root
  local chunk, reason = loadfile(path)
  local ok, why = false, reason
  if chunk then
    ok, why = pcall(chunk)
  end
  if not ok then
    return { { "loads", function() error(why, 0) end } }
  elseif #kit.tests == 0 then
    return { { "has tests", function()
      error('there is no kit.test("name", function() ... end) in it', 0)
    end } }
  end
  return kit.tests
end

-- Runs fn with the modules beside a test file in reach of its `require`, and
-- forgets them then: the next file may have its own of the same name.
local function beside(path, fn)
  local before, known = package.path, {}
  for name in pairs(package.loaded) do
    known[name] = true
  end
  package.path = files.folder(path) .. "/?.lua;" .. before
  fn()
  package.path = before
  for name in pairs(package.loaded) do
    if not known[name] and not name:find("^assist%.cli%.") then
      package.loaded[name] = nil
    end
  end
end

function tests.command(list)
  local words = args.parse(list, {})
  if #words ~= 1 then
    args.fail("test needs one folder")
  end
  local paths = files.below(words[1], "_test.lua")
  if #paths == 0 then
    args.fail("there is no *_test.lua in %s", words[1])
  end
  local root = paths[1] == words[1] and files.folder(words[1]) or words[1]

  local passed, failed = 0, 0
  for _, path in ipairs(paths) do
    beside(path, function()
      for _, case in ipairs(tests_of(path, root)) do
        local ok, why = pcall(case[2])
        passed, failed = passed + (ok and 1 or 0), failed + (ok and 0 or 1)
        print(("%sok %d - %s: %s"):format(ok and "" or "not ", passed + failed,
          path, case[1]))
        if not ok then
          print("# " .. failure(why):gsub("\n", "\n# "))
        end
      end
    end)
  end
  print(("%d passed, %d failed"):format(passed, failed))
  return failed == 0 and 0 or 1
end

return tests
