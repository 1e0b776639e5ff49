-- run.lua: runs the test_*.lua files of this folder and prints TAP.
--
--     luajit tests/lua/run.lua
--
-- A file returns a list of { name, function }; a function fails by raising.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. here .. "/../../lua/?.lua;" .. package.path

local files = { "test_procedures", "test_words", "test_cli_api",
  "test_cli_check", "test_cli_run", "test_cli_kit", "test_reference",
  "test_types", "test_matrix", "test_form", "test_assistants", "test_status",
  "test_markdown" }

local count, failed = 0, 0

for _, file in ipairs(files) do
  for _, case in ipairs(require(file)) do
    count = count + 1
    local ok, why = xpcall(case[2], debug.traceback)
    print(("%sok %d - %s: %s"):format(ok and "" or "not ", count, file, case[1]))
    if not ok then
      failed = failed + 1
      print("# " .. tostring(why):gsub("\n", "\n# "))
    end
  end
end

print("1.." .. count)
os.exit(failed == 0 and count > 0 and 0 or 1)
