import SystemPackage
import VeloSystem

/// libfaketime, from Debian's package: lets the programs of a build see another day, to find out whether the day is in
/// what they make.
enum ShiftedClock {
    static let library = "/usr/lib/\(folder)/faketime/libfaketimeMT.so.1"

    /// A day far enough to be in another year.
    static let daysAhead = 400

    static var isAvailable: Bool { FileTree.exists(FilePath(library)) }

    private static var folder: String {
        SystemCallFilter.Processor.current == .arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu"
    }
}
