import CVeloShims

/// The words of the command line behind the program's name.
package enum ProcessArguments {
    package static var words: [String] {
        (1..<max(1, velo_argument_count())).map { unsafe String(cString: velo_argument($0)) }
    }
}
