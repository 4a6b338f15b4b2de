-- wrk's script: successive requests come from successive users; the last output line is JSON.
-- Arguments: the file with the users' cookies, the CSRF token, the method, the body, the file with
-- the right responses. A response with another status or body is counted as wrong.

local threads = {}
local requests = {}
local last = 0
local right = {}
wrong = 0 -- global, as `done` reads it from the thread

function setup(thread)
    threads[#threads + 1] = thread
end

function init(arguments)
    local headers = { Host = wrk.headers["Host"], ["X-CSRFToken"] = arguments[2] }
    local body = arguments[4] ~= "" and arguments[4] or nil
    if body then
        headers["Content-Type"] = "application/json"
    end
    for cookie in io.lines(arguments[1]) do
        headers["Cookie"] = cookie
        requests[#requests + 1] = wrk.format(arguments[3], nil, headers, body)
    end
    for line in io.lines(arguments[5]) do
        right[line] = true
    end
end

function request()
    last = last % #requests + 1
    return requests[last]
end

function response(status, headers, body)
    if status ~= 200 or not right[body] then
        wrong = wrong + 1
    end
end

function done(summary, latency)
    local errors, all_wrong = summary.errors, 0
    for _, thread in ipairs(threads) do
        all_wrong = all_wrong + thread:get("wrong")
    end
    io.write(string.format(
        '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, '
            .. '"wrong": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        all_wrong, errors.connect, errors.read, errors.write, errors.timeout
    ))
end
