#pragma once
#pragma clang module import SwiftGlibc
#include <isa-l/igzip_lib.h>
