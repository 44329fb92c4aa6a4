import Glibc
import VeloShim

/// Stands in for the compilers and a few other tools of a build: decides what the call becomes, and becomes it.
@main
struct Entry {
    static func main() {
        let words = CommandLine.arguments
        let name = words.first.map { String($0.split(separator: "/").last ?? "") } ?? ""
        let call = ShimCall(name: name, arguments: Array(words.dropFirst()), environment: environment())
        let plan = ShimMachine(call, canonical: canonical).plan()
        // Tools are looked for where no shim is, also for those whose children shall find the shims.
        let shims = call.environment["HOMEBREW_SHIMS_PATH"] ?? "/velo/shims"
        for folder in (call.environment["PATH"] ?? "").split(separator: ":") where folder != shims {
            run("\(folder)/\(plan.program)", plan)
        }
        for folder in ["/usr/bin", "/bin"] { run("\(folder)/\(plan.program)", plan) }
        let message = "velo-cc: there is no `\(plan.program)` for `\(name)`\n"
        write(STDERR_FILENO, message, message.utf8.count)
        exit(127)
    }

    /// Comes back only if it is not there. What stays as it was is handed on byte for byte, whatever its encoding.
    private static func run(_ path: String, _ plan: ShimPlan) {
        guard access(path, X_OK) == 0 else { return }
        var variables = plan.environment
        if plan.program == "make" { variables["MAKE"] = variables["MAKE"] ?? "make" }
        var original: [String: UnsafeMutablePointer<CChar>] = [:]
        for index in 1..<max(1, Int(CommandLine.argc)) {
            if let word = CommandLine.unsafeArgv[index] { original[String(cString: word)] = word }
        }
        var arguments = [strdup(path)] + plan.arguments.map { original[$0] ?? strdup($0) } + [nil]
        original = [:]
        var next = environ
        while let entry = next.pointee {
            original[String(cString: entry)] = entry
            next += 1
        }
        var entries = variables.map { entry in
            let text = "\(entry.key)=\(entry.value)"
            return original[text] ?? strdup(text)
        }
        entries.append(nil)
        execve(path, &arguments, &entries)
    }

    private static func environment() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let mark = text.firstIndex(of: "=") {
                result[String(text[..<mark])] = String(text[text.index(after: mark)...])
            }
            next += 1
        }
        return result
    }

    private static func canonical(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
