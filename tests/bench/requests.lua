-- Sends METHOD and BODY to WAY, all from the environment. In the body, or else in the way, the first NUMBER counts up
-- from FIRST, or below MANY round and round where that is given; GROUP behind it is the last two digits.
local method, way, body = os.getenv("METHOD"), os.getenv("WAY"), os.getenv("BODY")
local first, many = tonumber(os.getenv("FIRST") or "0"), tonumber(os.getenv("MANY") or "0")
local headers = {["content-type"] = "application/json"}
local number = first

-- Taken apart once, as the load must cost less than what is measured.
local function parts(text)
  local before, after = text:match("^(.-)NUMBER(.*)$")
  if not before then return text end
  local between, last = after:match("^(.-)GROUP(.*)$")
  return before, between or after, last
end

local function filled(before, between, last)
  if not between then return before end
  if not last then return before .. number .. between end
  return before .. number .. between .. number % 100 .. last
end

local way1, way2 = parts(way)
local body1, body2, body3 = parts(body)

request = function()
  number = number + 1
  if many > 0 then number = number % many end
  return wrk.format(method, filled(way1, way2), headers, filled(body1, body2, body3))
end

-- With DELAY, each connection waits so many milliseconds before each request.
local pause = tonumber(os.getenv("DELAY") or "0")
if pause > 0 then
  delay = function() return pause end
end
