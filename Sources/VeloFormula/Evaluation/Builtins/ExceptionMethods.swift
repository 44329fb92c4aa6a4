/// Exceptions: their methods and their classes.
enum ExceptionMethods {
    static let table = MethodTable { table in
        table.define("message", "to_s", "full_message", "detailed_message") { call in .text(try exception(call).message)
        }
        table.define("backtrace", "backtrace_locations") { _ in .list([]) }
        table.define("cause") { _ in .nil }
        table.define("exception") { call in call.receiver }
        table.define("status", "exitstatus") { call in .int(try exception(call).facts?.status ?? 1) }
        table.define("initialize") { call in
            try exception(call).message =
                call.count > 0 ? call.interpreter.string(of: call[0]) : exception(call).className
            return .nil
        }
    }

    static let statics = MethodTable { table in
        table.define("new", "exception") { call in
            guard case .type(let type) = call.receiver else { return .nil }
            return .object(try make(type, call))
        }
    }

    private static func exception(_ call: Call) throws -> ExceptionObject {
        guard case .object(let exception as ExceptionObject) = call.receiver else {
            throw call.unsupported("this object")
        }
        return exception
    }

    static func make(_ type: ClassBox, _ call: Call) throws -> ExceptionObject {
        let native = nearestNative(type)
        let message = call.count > 0 ? try call.interpreter.string(of: call[0]) : type.name
        let exception = ExceptionObject(native, message, span: call.span, userClass: type.native == nil ? type : nil)
        if let (entry, owner) = call.interpreter.instanceMethod("initialize", in: type), type.native == nil {
            let inner = Call(
                interpreter: call.interpreter, receiver: .object(exception), name: "initialize",
                arguments: call.arguments,
                hasKeywords: call.hasKeywords, block: call.block, frame: call.frame, span: call.span)
            _ = try call.interpreter.invoke(entry, owner: owner, isClassMethod: false, inner)
        }
        return exception
    }

    private static func nearestNative(_ type: ClassBox) -> String {
        var next: ClassBox? = type
        while let current = next {
            if current.native != nil { return current.name }
            next = current.superclass
        }
        return "StandardError"
    }

    /// Parents with their children.
    static let hierarchy: [(String, [String])] = [
        ("Exception", ["StandardError", "SystemExit", "ScriptError", "Interrupt", "SignalException", "NoMemoryError"]),
        ("ScriptError", ["NotImplementedError", "LoadError"]),
        (
            "StandardError",
            [
                "ArgumentError", "EncodingError", "FiberError", "IOError", "IndexError", "LocalJumpError", "NameError",
                "RangeError", "RegexpError", "RuntimeError", "SystemCallError", "ThreadError", "TypeError",
                "ZeroDivisionError",
                "JSON::ParserError", "Timeout::Error", "URI::InvalidURIError", "SocketError", "StopIteration",
                "Minitest::Assertion", "MacOSVersionError",
            ]
        ),
        ("IndexError", ["KeyError"]),
        ("NameError", ["NoMethodError"]),
        ("IOError", ["EOFError"]),
        ("RangeError", ["FloatDomainError"]),
        (
            "RuntimeError",
            [
                "FrozenError", "BuildError", "ErrorDuringExecution", "FormulaUnavailableError", "ResourceMissingError",
                "DuplicateResourceError", "ShebangDetectionError", "FormulaUnknownPythonError",
                "FormulaAmbiguousPythonError",
                "FormulaValidationError", "CannotInstallFormulaError",
            ]
        ),
        (
            "SystemCallError",
            [
                "Errno::ENOENT", "Errno::EEXIST", "Errno::EACCES", "Errno::ENOTDIR", "Errno::EISDIR",
                "Errno::ENOTEMPTY",
                "Errno::EINVAL", "Errno::EIO", "Errno::EPERM", "Errno::ESRCH", "Errno::ECONNREFUSED",
                "Errno::EHOSTUNREACH",
                "Errno::ELOOP", "Errno::EPIPE", "Errno::ECHILD", "Errno::ENOTSUP", "Errno::ECONNRESET",
            ]
        ),
        ("Object", ["Errno"]),
    ]
}
