-- wrk's script: successive requests come from successive users; the last output line is JSON.
-- Arguments: the file with the users' cookies, the CSRF token, the method, the body.

local requests = {}
local last = 0

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
end

function request()
    last = last % #requests + 1
    return requests[last]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, '
            .. '"refused": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.status, errors.connect, errors.read, errors.write, errors.timeout
    ))
end
