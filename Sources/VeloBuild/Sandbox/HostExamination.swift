package import SystemPackage
import VeloSystem

/// Everything that building needs of a host, looked at one by one.
package struct HostExamination: Sendable {
    package struct Finding: Sendable, Equatable {
        package enum Weight: Sendable, Equatable {
            /// Nothing can be built without it.
            case needed
            /// Something is slower, weaker or missing.
            case wished
        }

        package var what: String
        package var isFine: Bool
        package var weight: Weight
        package var seen: String
        package var remedy: String?
    }

    package private(set) var findings: [Finding] = []

    package var canBuild: Bool { findings.allSatisfy { $0.isFine || $0.weight == .wished } }

    /// Blocking, some hundred milliseconds.
    /// - Parameters:
    ///   - program: this program: its companions are looked for beside it.
    ///   - externals: what the host may stand in for.
    ///   - scratch: where builds are made.
    package init(program: FilePath, externals: [String: [String]], scratch: FilePath) {
        examineSandbox(program)
        examineToolchain(program)
        examineTools(externals)
        examineRoom(scratch)
    }

    private mutating func add(
        _ what: String, _ isFine: Bool, _ weight: Finding.Weight = .needed, seen: String, remedy: String? = nil
    ) {
        findings.append(
            Finding(what: what, isFine: isFine, weight: weight, seen: seen, remedy: isFine ? nil : remedy))
    }

    private mutating func examineSandbox(_ program: FilePath) {
        switch SandboxProbe.run() {
        case .ready:
            let start = SandboxProbe.startTime(of: program).map { " in \(Self.milliseconds($0)) ms" } ?? ""
            add("sandbox", true, seen: "bubblewrap starts\(start), with all namespaces and the system call filter")
        case .unusable(let problem):
            add("sandbox", false, seen: problem.summary, remedy: problem.hints.joined(separator: "; "))
        }
        examineGroups()
        let isRoot = Host.current().isRoot
        add(
            "user", !isRoot, .wished,
            seen: isRoot
                ? "velod runs as root: the kernel does not count root's processes, so only velod itself does"
                : "an ordinary user, whose processes the kernel counts",
            remedy: "run velod as a user of its own, as deploy/velod.service does")
    }

    private mutating func examineGroups() {
        let remedy = "run velod as a service with `Delegate=memory pids`, as deploy/velod.service does"
        guard let groups = ControlGroups.find() else {
            return add(
                "groups", false, .wished,
                seen: "no control group can be made: memory and processes are watched four times a second",
                remedy: remedy)
        }
        let missing = ["memory", "pids"].filter { !groups.controllers.contains($0) }
        add(
            "groups", missing.isEmpty, .wished,
            seen: missing.isEmpty
                ? "builds get control groups, which limit and count their memory and processes"
                : "builds get control groups, which end and time them, but without "
                    + "\(missing.joined(separator: " and ")): that is watched four times a second",
            remedy: remedy)
    }

    /// `7.4`
    private static func milliseconds(_ duration: Duration) -> String {
        let tenths = duration.components.attoseconds / 100_000_000_000_000 + duration.components.seconds * 10_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    private mutating func examineToolchain(_ program: FilePath) {
        do {
            let toolchain = try HostToolchain.find()
            add(
                "compiler", true,
                seen: "\(toolchain.compiler) \(toolchain.compilerVersion), glibc \(toolchain.glibcVersion)")
        } catch {
            let report = ProblemReport(error)
            add("compiler", false, seen: report.oneLine, remedy: report.hints.joined(separator: "; "))
        }
        for (command, package) in [
            ("g++", "g++"), ("make", "make"), ("patch", "patch"), ("perl", "perl"), ("ld", "binutils"),
        ] {
            let isThere = Self.has(command)
            add(
                command, isThere, seen: isThere ? "/usr/bin/\(command)" : "`/usr/bin/\(command)` is missing",
                remedy: "apt-get install \(package)")
        }
        let headers = FileTree.exists("/usr/include/stdio.h")
        add(
            "headers", headers, seen: headers ? "the C library's" : "`/usr/include/stdio.h` is missing",
            remedy: "apt-get install libc6-dev")
        for companion in Companion.allCases {
            do {
                add(companion.rawValue, true, seen: try companion.beside(program).string)
            } catch {
                let report = ProblemReport(error)
                add(companion.rawValue, false, seen: report.oneLine, remedy: report.hints.joined(separator: "; "))
            }
        }
        add(
            "clock", ShiftedClock.isAvailable, .wished,
            seen: ShiftedClock.isAvailable
                ? "libfaketime is there"
                : "without libfaketime, `velod rebuild --compare` builds on the same day",
            remedy: "apt-get install libfaketime")
    }

    private mutating func examineTools(_ externals: [String: [String]]) {
        let missing = externals.filter { !$0.value.allSatisfy(Self.has) }.keys.sorted()
        add(
            "externals", missing.isEmpty, .wished,
            seen: missing.isEmpty
                ? "the host stands in for all \(externals.count) tools of the policy"
                : "built from source when something needs them: " + missing.joined(separator: ", "),
            remedy: "install those whose building takes long, as Debian packages")
    }

    private mutating func examineRoom(_ scratch: FilePath) {
        var folder = scratch
        while !FileTree.exists(folder), folder.removeLastComponent() {}
        let free = DiskSpace.free(at: folder) ?? 0
        add(
            "room", free > 4 << 30, .wished, seen: "\(free >> 20) MiB free at \(folder)",
            remedy: "big builds take some gigabytes: free some space, or choose another folder")
    }

    private static func has(_ command: String) -> Bool {
        ["/usr/bin", "/bin"].contains { FileTree.isExecutable(FilePath($0).appending(command)) }
    }
}
