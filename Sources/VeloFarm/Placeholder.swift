import CLibGit2
import GRDB
import Hummingbird
import TOMLKit
import VeloBuild
