/// `ENV`: the variables of the commands that a formula runs, and the switches of Homebrew's compiler wrappers.
final class EnvironmentObject: ObjectBox {
    override var nativeClassName: String { "ENV" }
    override var nativeMethods: MethodTable { EnvironmentMethods.table }
}

enum EnvironmentMethods {
    static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        defineHash(&table)
        defineLists(&table)
        defineFlags(&table)
        defineCompilers(&table)
        defineSwitches(&table)
    }

    private static func set(_ name: String, _ value: Value, _ call: Call) throws {
        call.interpreter.environment[name] = value.isNil ? nil : try call.interpreter.string(of: value)
    }

    private static func asHash(_ call: Call) -> HashBox {
        HashBox(call.interpreter.environment.sorted { $0.key < $1.key }.map { (.text($0.key), .text($0.value)) })
    }

    private static func defineHash(_ table: inout MethodTable) {
        table.define("[]") { call in .optionalText(call.interpreter.environment[try call.text(0)]) }
        table.define("[]=", "store") { call in
            try set(call.text(0), call[1], call)
            return call[1]
        }
        table.define("fetch") { call in
            if let value = call.interpreter.environment[try call.text(0)] { return .text(value) }
            if let block = call.block { return try call.interpreter.call(block, [call[0]]) }
            if call.count > 1 { return call[1] }
            throw call.raising("KeyError", "key not found: \(try call.interpreter.inspect(call[0]))")
        }
        table.define("key?", "include?", "has_key?", "member?") { call in
            .bool(call.interpreter.environment[try call.text(0)] != nil)
        }
        table.define("delete") { call in
            .optionalText(call.interpreter.environment.removeValue(forKey: try call.text(0)))
        }
        table.define("to_h", "to_hash", "dup", "clone") { call in .hash(asHash(call)) }
        table.define("to_a") { call in .list(asHash(call).pairs.map { .list([$0.key, $0.value]) }) }
        table.define("keys") { call in .list(asHash(call).keys) }
        table.define("values") { call in .list(asHash(call).values) }
        for name in [
            "each", "each_pair", "select", "reject", "map", "any?", "find", "filter_map", "merge", "each_key", "slice",
            "except",
        ] {
            table.define(name) { call in
                try call.interpreter.send(.hash(asHash(call)), name, call.arguments, block: call.block)
            }
        }
        table.define("update", "merge!") { call in
            guard case .hash(let box) = call[0] else { throw call.unsupported("this argument") }
            for (key, value) in box.pairs { try set(call.interpreter.string(of: key), value, call) }
            return call.receiver
        }
        table.define("replace") { call in
            guard case .hash(let box) = call[0] else { throw call.unsupported("this argument") }
            call.interpreter.environment = [:]
            for (key, value) in box.pairs { try set(call.interpreter.string(of: key), value, call) }
            return call.receiver
        }
        table.define("delete_if", "reject!") { call in
            let block = try call.needBlock()
            for (key, value) in call.interpreter.environment
            where try call.interpreter.call(block, [.text(key), .text(value)]).isTruthy {
                call.interpreter.environment[key] = nil
            }
            return call.receiver
        }
    }

    // MARK: Lists

    /// Adds to each variable, with a separator where it has something already.
    private static func add(_ call: Call, isPrepending: Bool) throws -> Value {
        let value = try call.interpreter.string(of: call[1])
        let separator = try call.optionalText(2) ?? " "
        for key in try call.interpreter.list(from: call[0]).map({ try call.interpreter.string(of: $0) }) {
            let old = call.interpreter.environment[key] ?? ""
            let new = old.isEmpty ? value : isPrepending ? value + separator + old : old + separator + value
            call.interpreter.environment[key] = new
        }
        return .nil
    }

    private static func addPath(_ call: Call, isPrepending: Bool) throws -> Value {
        let (key, path) = (try call.text(0), try call.optionalText(1) ?? "")
        let old = (call.interpreter.environment[key] ?? "").split(separator: ":").map(String.init)
        let new = path.split(separator: ":").map(String.init)
        var seen: Set<String> = []
        let all = (isPrepending ? new + old : old + new).filter { seen.insert($0).inserted }
        let joined = all.joined(separator: ":")
        call.interpreter.environment[key] = joined
        return .text(joined)
    }

    private static func defineLists(_ table: inout MethodTable) {
        table.define("append") { call in try add(call, isPrepending: false) }
        table.define("prepend") { call in try add(call, isPrepending: true) }
        table.define("append_path") { call in try addPath(call, isPrepending: false) }
        table.define("prepend_path") { call in try addPath(call, isPrepending: true) }
        table.define("prepend_create_path") { call in
            try call.interpreter.makeFolders(call.text(1))
            return try addPath(call, isPrepending: true)
        }
        table.define("remove") { call in
            for key in try call.interpreter.list(from: call[0]).map({ try call.interpreter.string(of: $0) }) {
                guard let old = call.interpreter.environment[key] else { continue }
                let text = try StringMethods.substituted(old, call.with([call[1], .text("")]), isGlobal: false) ?? old
                call.interpreter.environment[key] = text.isEmpty ? nil : text
            }
            return .nil
        }
        table.define("clear_sensitive_environment!") { _ in .nil }
    }

    // MARK: Flags

    private static func defineFlags(_ table: inout MethodTable) {
        table.define("append_to_cflags") { call in
            try append(
                call.interpreter.string(of: call[0]), to: ["CFLAGS", "CXXFLAGS", "OBJCFLAGS", "OBJCXXFLAGS"], call)
        }
        table.define("append_to_rustflags") { call in try append(call.text(0), to: ["HOMEBREW_RUSTFLAGS"], call) }
        table.define("append_to_cccfg") { call in addSwitch(try call.text(0), call) }
        table.define("remove_from_cflags") { call in
            for key in ["CFLAGS", "CXXFLAGS", "OBJCFLAGS", "OBJCXXFLAGS"] {
                guard let old = call.interpreter.environment[key] else { continue }
                call.interpreter.environment[key] =
                    try StringMethods.substituted(old, call.with([call[0], .text("")]), isGlobal: false) ?? old
            }
            return .nil
        }
        for (name, key) in [
            ("cflags", "CFLAGS"), ("cxxflags", "CXXFLAGS"), ("cppflags", "CPPFLAGS"), ("ldflags", "LDFLAGS"),
            ("fcflags", "FCFLAGS"), ("fflags", "FFLAGS"),
        ] {
            table.define(name) { call in .optionalText(call.interpreter.environment[key]) }
        }
        table.define(
            "set_cpu_flags", "set_cpu_cflags", "set_debug_symbols", "remove_macosxsdk", "macosxsdk", "libxml2",
            "x11", "userpaths!", "reset", "setup_build_environment", "enable_warnings", "no_optimization", "ld64",
            "gcc_4_0_1", "minimal_optimization", "universal_binary", "log_path="
        ) { _ in .nil }
        table.define("m64") { call in try append("-m64", to: ["HOMEBREW_ARCHFLAGS"], call) }
        table.define("m32") { call in try append("-m32", to: ["HOMEBREW_ARCHFLAGS"], call) }
        table.define("remove_cc_etc") { call in
            for key in [
                "CC", "CXX", "OBJC", "OBJCXX", "CPP", "LD", "CFLAGS", "CXXFLAGS", "OBJCFLAGS", "OBJCXXFLAGS", "LDFLAGS",
                "CPPFLAGS",
            ] {
                call.interpreter.environment[key] = nil
            }
            return .nil
        }
    }

    private static func append(_ text: String, to keys: [String], _ call: Call) throws -> Value {
        for key in keys {
            let old = call.interpreter.environment[key] ?? ""
            call.interpreter.environment[key] = old.isEmpty ? text : old + " " + text
        }
        return .nil
    }

    // MARK: Compilers

    private static func defineCompilers(_ table: inout MethodTable) {
        table.define("cc") { call in .text(compiler(call)) }
        table.define("cxx") { call in .text(call.interpreter.environment["CXX"] ?? cxx(for: compiler(call))) }
        table.define("objc") { call in .text(call.interpreter.environment["OBJC"] ?? compiler(call)) }
        table.define("objcxx") { call in .text(call.interpreter.environment["OBJCXX"] ?? cxx(for: compiler(call))) }
        table.define("fc", "f77") { call in .optionalText(call.interpreter.environment["FC"]) }
        table.define("compiler") { call in
            let name = call.interpreter.environment["HOMEBREW_CC"] ?? call.interpreter.context.compiler
            return name.hasPrefix("gcc-") ? .text(name) : .symbol(name)
        }
        table.define("fortran") { call in
            let name = compiler(call).hasPrefix("gcc-") ? "gfortran-" + compiler(call).dropFirst(4) : "gfortran"
            for key in ["FC", "F77"] { call.interpreter.environment[key] = String(name) }
            return .nil
        }
        for name in ["clang", "gcc", "llvm_clang"] + (4...20).map({ "gcc-\($0)" }) {
            table.define(name) { call in
                let cc = name == "llvm_clang" ? "clang" : name
                call.interpreter.environment["HOMEBREW_CC"] = name
                call.interpreter.environment["CC"] = cc
                call.interpreter.environment["CXX"] = cxx(for: cc)
                return .nil
            }
        }
        table.define("cc=", "cxx=") { call in
            try set(call.name == "cc=" ? "CC" : "CXX", call[0], call)
            return call[0]
        }
        table.define("make_jobs") { call in
            let flags = (call.interpreter.environment["MAKEFLAGS"] ?? "").split(separator: " ")
            for flag in flags where flag.hasPrefix("-j") {
                if let jobs = Int(flag.dropFirst(2)), jobs > 0 { return .int(jobs) }
            }
            return .int(call.interpreter.context.makeJobs)
        }
        table.define("deparallelize", "j1") { call in
            let old = call.interpreter.environment["MAKEFLAGS"]
            let kept = (old ?? "").split(separator: " ").filter { !$0.hasPrefix("-j") } + ["-j1"]
            call.interpreter.environment["MAKEFLAGS"] = kept.joined(separator: " ")
            guard let block = call.block else { return .optionalText(old) }
            defer { call.interpreter.environment["MAKEFLAGS"] = old }
            return try call.interpreter.call(block, [])
        }
        table.define("effective_arch") { call in
            .symbol(
                call.interpreter.context.isBottleBuild
                    ? HardwareMethods.oldestCPU(call) : HardwareMethods.architecture(call))
        }
    }

    static func compiler(_ call: Call) -> String {
        call.interpreter.environment["CC"] ?? call.interpreter.context.compiler
    }

    private static func cxx(for cc: String) -> String {
        if cc.hasPrefix("gcc") { return "g++" + cc.dropFirst(3) }
        return cc == "cc" ? "c++" : cc + "++"
    }

    // MARK: Switches of the compiler wrappers

    private static func defineSwitches(_ table: inout MethodTable) {
        for (name, letter) in [
            ("cxx11", "x"), ("refurbish_args", "O"), ("permit_arch_flags", "K"), ("runtime_cpu_detection", "d"),
        ] {
            table.define(name) { call in addSwitch(letter, call) }
        }
        table.define("libcxx") { call in
            compiler(call).contains("clang") ? addSwitch("g", call) : .nil
        }
        table.define("libstdcxx") { call in
            compiler(call).contains("clang") ? addSwitch("h", call) : .nil
        }
        for level in ["O0", "O1", "O2", "O3", "Os"] {
            table.define(level) { call in
                let key = "HOMEBREW_OPTIMIZATION_LEVEL"
                let old = call.interpreter.environment[key]
                call.interpreter.environment[key] = level
                guard let block = call.block else { return .nil }
                defer { call.interpreter.environment[key] = old }
                return try call.interpreter.call(block, [])
            }
        }
    }

    private static func addSwitch(_ letter: String, _ call: Call) -> Value {
        let key = "HOMEBREW_CCCFG"
        let old = call.interpreter.environment[key] ?? ""
        if !old.contains(letter) { call.interpreter.environment[key] = old + letter }
        return .nil
    }
}
