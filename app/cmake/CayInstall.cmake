# Installs libcay and the SDK: headers, and the package that find_package(Cay) finds.
include(CMakePackageConfigHelpers)

set(CAY_SDK_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR}/cay)
set(CAY_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Cay)

install(TARGETS cay EXPORT CayTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_COMPONENT Development)
install(EXPORT CayTargets NAMESPACE Cay:: DESTINATION ${CAY_PACKAGE_DIR} COMPONENT Development)

# What a plugin may include: "cay/...", "store/...", "resp/...".
install(DIRECTORY ${CMAKE_SOURCE_DIR}/app/sdk/cay ${CMAKE_SOURCE_DIR}/app/store ${CMAKE_SOURCE_DIR}/app/resp
    DESTINATION ${CAY_SDK_INCLUDE_DIR} COMPONENT Development FILES_MATCHING PATTERN "*.h")

configure_package_config_file(${CMAKE_SOURCE_DIR}/app/cmake/CayConfig.cmake.in ${CMAKE_BINARY_DIR}/CayConfig.cmake
    INSTALL_DESTINATION ${CAY_PACKAGE_DIR} PATH_VARS CAY_PLUGIN_INSTALL_DIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/CayConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/CayConfig.cmake ${CMAKE_BINARY_DIR}/CayConfigVersion.cmake
    ${CMAKE_SOURCE_DIR}/app/cmake/CayPlugin.cmake DESTINATION ${CAY_PACKAGE_DIR} COMPONENT Development)
