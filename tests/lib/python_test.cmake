# Tests written in Python 3, with nothing but its standard library.
find_program(CAY_PYTHON NAMES /usr/bin/python3 python3)
if(NOT CAY_PYTHON OR NOT TARGET cay-server)
    return()
endif()

# cay_python_test(<name> LABELS <label>... COMMAND <script> [<argument>...] [ENVIRONMENT <NAME=value>...] [TIMEOUT <seconds>])
# A test that starts its own servers; what it executes counts for the gate.
function(cay_python_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;COMMAND;ENVIRONMENT" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 300)
    endif()
    add_test(NAME ${name} COMMAND ${CAY_PYTHON} ${ARG_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
        ENVIRONMENT "CAY_SERVER=$<TARGET_FILE:cay-server>;CAY_EXECUTED_DIR=${CMAKE_BINARY_DIR}/tests/executed;CAY_TEST_NAME=${name};PYTHONDONTWRITEBYTECODE=1;${ARG_ENVIRONMENT}")
    set_property(GLOBAL APPEND PROPERTY CAY_PYTHON_TESTS ${name})
endfunction()
