/// What `test do` checks with.
enum AssertionMethods {
    static let table = MethodTable { table in
        defineOutput(&table)
        defineAssertions(&table)
        defineOpposites(&table)
        table.define("free_port") { call in .int(try call.interpreter.requireHost(call).freePort()) }
    }

    private static func defineOutput(_ table: inout MethodTable) {
        table.define("shell_output") { call in
            let line = try call.text(0)
            let expected = call.count > 1 ? try call.integer(1) : 0
            return try output(of: line, input: nil, expected: expected, call)
        }
        table.define("pipe_output") { call in
            let line = try call.text(0)
            let input = call.count > 1 && !call[1].isNil ? try call.interpreter.string(of: call[1]) : ""
            let expected = call.count > 2 ? call[2].integer : call.interpreter.context.era == .current ? 0 : nil
            return try output(of: line, input: input, expected: expected, call)
        }
    }

    private static func output(of line: String, input: String?, expected: Int?, _ call: Call) throws -> Value {
        let interpreter = call.interpreter
        let command = HostCommand(
            .shell(line), purpose: .capture, folder: interpreter.folder, environment: interpreter.environment,
            input: input.map { Array($0.utf8) })
        let result = try FormulaMethods.run(command, call)
        let text = UTF8Text.string(result.output)
        if let expected, result.status != expected {
            let exception = ExceptionObject(
                "Minitest::Assertion",
                "`\(line)` ended with status \(result.status) instead of \(expected)\(text.isEmpty ? "" : ", saying: \(shown(text))")",
                span: call.span)
            exception.facts = CommandFailure(arguments: [line], status: result.status, folder: command.folder)
            throw call.interpreter.raise(exception)
        }
        return .text(text)
    }

    /// The end of a long text.
    private static func shown(_ text: String) -> String { text.count > 400 ? "…" + text.suffix(400) : text }

    private static func check(
        _ holds: Bool, _ call: Call, custom: Int, _ message: @autoclosure () throws -> String
    ) throws -> Value {
        if holds { return .bool(true) }
        let own = call.count > custom ? call[custom].characters.map { $0 + ": " } ?? "" : ""
        throw call.raising("Minitest::Assertion", own + (try message()))
    }

    private static func inspect(_ value: Value, _ call: Call) throws -> String {
        shown(try call.interpreter.inspect(value))
    }

    private static func matches(_ pattern: Value, _ value: Value, _ call: Call) throws -> Bool {
        let text = try value.characters ?? call.interpreter.string(of: value)
        return try call.interpreter.match(call.interpreter.pattern(pattern), text) != nil
    }

    private static func defineAssertions(_ table: inout MethodTable) {
        table.define("assert") { call in
            try check(call[0].isTruthy, call, custom: 1, "expected \(try inspect(call[0], call)) to be true")
        }
        table.define("assert_equal") { call in
            let isEqual = try call.interpreter.areEqual(call[0], call[1])
            return try check(
                isEqual, call, custom: 2, "expected \(try inspect(call[0], call)), got \(try inspect(call[1], call))")
        }
        table.define("assert_match") { call in
            let isMatch = try matches(call[0], call[1], call)
            return try check(
                isMatch, call, custom: 2,
                "expected \(try inspect(call[0], call)) to match \(try inspect(call[1], call))")
        }
        table.define("assert_includes", "assert_include") { call in
            let isIn = try call.interpreter.send(call[0], "include?", [call[1]]).isTruthy
            return try check(
                isIn, call, custom: 2, "expected \(try inspect(call[0], call)) to include \(try inspect(call[1], call))"
            )
        }
        table.define("assert_predicate") { call in
            let holds = try call.interpreter.send(call[0], call.text(1)).isTruthy
            return try check(holds, call, custom: 2, "expected \(try inspect(call[0], call)) to be \(try call.text(1))")
        }
        table.define("assert_path_exists") { call in
            try check(
                call.interpreter.exists(call.text(0)), call, custom: 1, "expected path `\(try call.text(0))` to exist")
        }
        table.define("assert_empty") { call in
            let holds = try call.interpreter.send(call[0], "empty?").isTruthy
            return try check(holds, call, custom: 1, "expected \(try inspect(call[0], call)) to be empty")
        }
        table.define("assert_nil") { call in
            try check(call[0].isNil, call, custom: 1, "expected \(try inspect(call[0], call)) to be nil")
        }
        table.define("assert_operator") { call in
            let holds = try call.interpreter.send(call[0], call.text(1), [call[2]]).isTruthy
            return try check(
                holds, call, custom: 3,
                "expected \(try inspect(call[0], call)) to be \(try call.text(1)) \(try inspect(call[2], call))")
        }
        table.define("assert_kind_of", "assert_instance_of") { call in
            guard case .type(let type) = call[0] else { throw call.unsupported("this argument") }
            return try check(call.interpreter.isKind(call[1], of: type), call, custom: 2, "expected a \(type.name)")
        }
        table.define("assert_respond_to") { call in
            try check(
                call.interpreter.responds(call[0], to: call.text(1)), call, custom: 2, "expected `\(try call.text(1))`")
        }
        table.define("assert_in_delta") { call in
            let delta = call.count > 2 ? NumberMethods.double(call[2]) : 0.001
            let distance = abs(NumberMethods.double(call[0]) - NumberMethods.double(call[1]))
            return try check(
                distance <= delta, call, custom: 3, "expected a difference of at most \(delta), got \(distance)")
        }
        table.define("assert_same") { call in
            try check(HashKey(call[0]) == HashKey(call[1]), call, custom: 2, "expected the same object")
        }
        table.define("assert_raises", "assert_raise") { call in try assertRaises(call) }
        table.define("assert_nothing_raised") { call in try call.yield() }
        table.define("flunk") { call in
            throw call.raising("Minitest::Assertion", call.count > 0 ? try call.text(0) : "flunked")
        }
        table.define("pass") { _ in .bool(true) }
        table.define("skip") { call in throw Unwind.exit(0) }
    }

    private static func assertRaises(_ call: Call) throws -> Value {
        do {
            _ = try call.yield()
        } catch {
            guard let raised = call.interpreter.raisedException(error) else { throw error }
            let isExpected =
                try call.arguments.isEmpty
                || call.arguments.contains { pattern in
                    if case .type = pattern { return try call.interpreter.caseEqual(pattern, .object(raised)) }
                    return false
                }
            if isExpected { return .object(raised) }
            throw error
        }
        throw call.raising("Minitest::Assertion", "expected an exception, but nothing was raised")
    }

    private static func defineOpposites(_ table: inout MethodTable) {
        table.define("refute", "assert_not") { call in
            try check(!call[0].isTruthy, call, custom: 1, "expected \(try inspect(call[0], call)) to be false")
        }
        table.define("refute_equal", "assert_not_equal") { call in
            let isEqual = try call.interpreter.areEqual(call[0], call[1])
            return try check(!isEqual, call, custom: 2, "expected something else than \(try inspect(call[0], call))")
        }
        table.define("refute_match", "assert_no_match") { call in
            let isMatch = try matches(call[0], call[1], call)
            return try check(
                !isMatch, call, custom: 2,
                "expected \(try inspect(call[0], call)) not to match \(try inspect(call[1], call))")
        }
        table.define("refute_includes") { call in
            let isIn = try call.interpreter.send(call[0], "include?", [call[1]]).isTruthy
            return try check(
                !isIn, call, custom: 2,
                "expected \(try inspect(call[0], call)) not to include \(try inspect(call[1], call))")
        }
        table.define("refute_predicate") { call in
            let holds = try call.interpreter.send(call[0], call.text(1)).isTruthy
            return try check(
                !holds, call, custom: 2, "expected \(try inspect(call[0], call)) not to be \(try call.text(1))")
        }
        table.define("refute_path_exists") { call in
            try check(
                !call.interpreter.exists(call.text(0)), call, custom: 1,
                "expected path `\(try call.text(0))` not to exist")
        }
        table.define("refute_empty") { call in
            let holds = try call.interpreter.send(call[0], "empty?").isTruthy
            return try check(!holds, call, custom: 1, "expected \(try inspect(call[0], call)) not to be empty")
        }
        table.define("refute_nil", "assert_not_nil") { call in
            try check(!call[0].isNil, call, custom: 1, "expected something else than nil")
        }
        table.define("refute_operator") { call in
            let holds = try call.interpreter.send(call[0], call.text(1), [call[2]]).isTruthy
            return try check(
                !holds, call, custom: 3,
                "expected \(try inspect(call[0], call)) not to be \(try call.text(1)) \(try inspect(call[2], call))")
        }
    }
}
