import Glibc
import SystemPackage
import VeloSystem

/// How a step inside the sandbox tells what it does: lines on its standard output, in order with what its commands print.
package struct StepLog: Sendable {
    /// Starts a line that announces a phase. A formula that prints one can only mislabel its own log.
    static let phaseMark = "\u{1}velo-phase "

    package init() {}

    package func line(_ text: String) {
        try? FileTree.writeAll(Array((text + "\n").utf8), to: STDOUT_FILENO, "standard output")
    }

    package func heading(_ text: String) { line("==> \(text)") }

    package func phase(_ phase: BuildPhase) { line(Self.phaseMark + phase.rawValue) }
}
