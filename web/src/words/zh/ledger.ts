// Words of the ledger as the authority uses them (domain model, states T1 to T19).
export const STATES = {
  registered: "已登记",
  assigned: "已交办",
  "plan-submitted": "方案待批",
  "plan-approved": "方案已批",
  rectifying: "整改中",
  "close-requested": "申请销号",
  verified: "市级已核验",
  "verified-province": "省级已核验",
  publicised: "公示中",
  closed: "已销号",
  "spot-check": "抽查复核",
  archived: "已归档",
  voided: "已作废",
};

export const STAGES = {
  candidate: "待筛查",
  screened: "已筛查",
  "in-round": "已入轮次",
  pushed: "已推送",
  accepted: "已接收",
  inspecting: "现场核查",
  confirmed: "属实",
  partly: "部分属实",
  unfounded: "不属实",
  duplicate: "重复",
  transferred: "已移交",
  "not-reachable": "无法核查",
  voided: "已作废",
};

export const ROUND_STATES = { draft: "草稿", built: "已编组", started: "已推送", closed: "已结束", cancelled: "已取消" };

export const ROUND_CAUSES = { "no-leads": "轮次中没有可推送的线索", "no-team": "所在城市没有登记检查组", "nobody-on-duty": "值班表中此刻无人值守", "not-built": "到计划开始时间仍未编组", "too-late": "已过计划开始时间太久" };

export const TASK_KINDS = {
  "heavy-pollution": "重污染应对",
  "key-enterprises": "重点企业",
  "self-monitoring": "自行监测",
  "loose-coal": "散煤",
};

export const SEVERITIES = { 1: "提示", 2: "一般", 3: "较重", 4: "严重" };

export const CATEGORIES = {
  exceedance: "超标排放",
  dropout: "数据中断",
  fraud: "数据造假",
  "falsification-sign": "数据造假迹象",
  bypass: "旁路偷排",
  "treatment-off": "治污设施不正常运行",
  emergency: "应急减排不落实",
  "data-quality": "数据质量",
  fire: "露天焚烧",
  dust: "扬尘",
  ambient: "环境空气",
  vehicle: "车辆",
  vapour: "油气回收",
  gate: "门禁",
  inspection: "机动车检验",
  "closed-site": "关停复产",
  furnace: "焚烧炉温",
  other: "其他",
};

export const KINDS = {
  enterprise: "企业",
  source: "监测点",
  feed: "数据源",
  limit: "限值",
  mark: "标记",
  team: "队伍",
  "duty-roster": "值班表",
  person: "责任人",
  process: "工序",
  device: "治污设施",
  vehicle: "车辆",
  instrument: "便携执法设备",
  machine: "非道路机械",
  camera: "摄像头",
  bypass: "旁路",
  permit: "排污许可",
  division: "行政区划",
  suppression: "抑制令",
  response: "应急响应令",
};

export const CHANNELS = {
  detector: "自动识别",
  detection: "自动识别",
  complaint: "12369举报",
  satellite: "卫星火点",
  "hot-area": "热点网格",
  patrol: "巡查",
  transfer: "外市移交",
  recheck: "抽查复核",
  peers: "举一反三",
};

export const FLAGS = {
  escalated: "已升级督办",
  "false-rectification": "假整改",
  rechecked: "已抽查",
  relapsed: "已反弹",
  "repeat-offender": "屡查屡犯",
  "instant-fix": "立行立改",
  police: "移送公安",
  "case-open": "案件在办",
  "stop-order": "有停限产决定",
  "stop-order-in-force": "停限产决定执行中",
  suspended: "计时中止",
  "void-proposed": "待他人决定作废",
};

export const ROLES = {
  ministry: "生态环境部",
  province: "省级",
  "city-office": "市大气办",
  "city-team": "现场检查组",
  county: "区县",
  enterprise: "企业",
  auditor: "审计",
  administrator: "管理员",
  security: "安全管理员",
  system: "系统",
};

export const MOVES = {
  assign: "交办",
  reassign: "重新交办",
  acknowledge: "签收",
  "submit-plan": "提交整改方案",
  "approve-plan": "批准方案",
  "reject-plan": "退回方案",
  "instant-fix": "立行立改",
  start: "开始整改",
  report: "报告进展",
  "complete-milestone": "完成节点",
  "ask-extension": "申请延期",
  "grant-extension": "批准延期",
  "deny-extension": "驳回延期",
  "request-close": "申请销号",
  refuse: "退回整改",
  verify: "核验通过",
  "verify-province": "省级核验",
  publicise: "公示",
  object: "提出异议",
  close: "销号",
  draw: "抽中复核",
  "pass-recheck": "复核通过",
  "fail-recheck": "复核不通过",
  reopen: "重新立案",
  archive: "归档",
  relapse: "反弹",
  "to-enforcement": "移交执法",
  "to-police": "移送公安",
  "decide-case": "案件结案",
  suspend: "中止计时",
  resume: "恢复计时",
  "order-stop": "责令停产、限产或查封",
  "lift-order": "解除停产、限产或查封",
  "record-peers": "登记举一反三",
  remind: "提醒",
  escalate: "升级督办",
  receive: "签收督办",
  "propose-void": "提议作废",
  "deny-void": "不同意作废",
  "withdraw-void": "撤回作废提议",
  void: "作废",
  attach: "上传证据",
  note: "备注",
  pass: "自动立案",
  screen: "筛查通过",
  "remind-online": "在线提醒（正面清单）",
  "mark-duplicate": "标为重复",
  take: "编入轮次",
  drop: "移出轮次",
  push: "推送",
  dispatch: "直接派发",
  accept: "接收",
  inspect: "开始现场核查",
  confirm: "认定属实",
  "confirm-partly": "部分属实",
  "propose-unfounded": "提出不属实",
  "call-unfounded": "认定不属实",
  overturn: "推翻不属实",
  uphold: "维持不属实",
  transfer: "移交外市",
  "call-not-reachable": "无法核查",
  register: "立案",
  merge: "合并",
  "hand-over": "已移交",
  build: "编组",
  "carry-out": "执行",
  cancel: "取消",
};

/** Moves of rounds, whose names are shared with issues. */
export const ROUND_MOVES = { build: "编组", start: "推送给队伍", close: "结束轮次", cancel: "取消", "carry-out": "线索随轮次变动", "fail-start": "未能自动开始", note: "备注" };

export const CITY_LETTER_STATES = { draft: "草稿", approved: "已批准", sent: "已发送", received: "已签收", voided: "已作废" };

export const CITY_LETTER_MOVES = { approve: "批准", send: "发送", receive: "签收", void: "作废", note: "备注" };

export const PLAN_KINDS = { "city-policy": "一市一策", "factory-policy": "一厂一策", "emergency-plan": "重污染天气应急预案", "peak-staggering": "错峰方案" };

export const PLAN_STATES = { drafted: "待批准", approved: "已批准", returned: "已退回", withdrawn: "已撤回" };

export const PLAN_MOVES = { draft: "上传版本", approve: "批准", return: "退回", withdraw: "撤回", note: "备注" };

export const CONDITIONS = { slow: "重点任务进展滞后", "quarter-missed": "季度目标未完成", "final-missed": "攻坚季目标未完成", worsening: "空气质量差且恶化", fraud: "数据造假" };

export const CHANGE_STATES = { proposed: "待确认", confirmed: "已确认", "in-force": "已生效", refused: "未同意", withdrawn: "已撤回", lapsed: "逾期失效", outdated: "已过时" };

export const CHANGE_MOVES = { propose: "提议", confirm: "确认", refuse: "不同意", withdraw: "撤回", lapse: "逾期失效", "carry-out": "生效", outdate: "已过时" };

export const MATTERS = { grade: "绩效等级变更", warning: "预警启动" };

export const DEVICE_FLAGS = { "clock-ahead": "手机时钟偏快", "clock-behind": "手机时钟偏慢", "sent-later": "离线补传", "back-dated": "倒签" };

export const ENTRY_KINDS = {
  "start-failed": "未能自动开始",
  registered: "登记",
  received: "收到",
  "episode-extended": "过程延续",
  "episode-closed": "过程结束",
  "online-reminder": "在线提醒",
  "became-issue": "立案",
  drawn: "抽中复核",
  upheld: "复核维持",
  "handed-over": "已移交",
  merged: "合并",
  created: "新建",
  changed: "修改",
  voided: "作废",
  noted: "备注",
  "change-proposed": "提议变更",
  reminded: "提醒",
  escalated: "督办升级",
};

export const SCORE_PARTS = {
  confidence: "可信度",
  recency: "时效（追溯的打折）",
  area: "重点区域",
  corroboration: "多信号印证",
  severity: "严重程度",
  repeat: "重复发生",
};

export const STATS = {
  rtd: "实时值", avg: "均值", min: "最小值", max: "最大值", cou: "排放量", "zs-rtd": "折算实时值", "zs-avg": "折算均值", "zs-min": "折算最小值", "zs-max": "折算最大值",
};

/** Commands to devices and where they stand (HJ 212-2017 6.1). */
export const SENDER_EVENTS = { stranger: "陌生数据源", "two-addresses": "两处地址", "packets-missing": "分包不全", activation: "终端备案激活", adopted: "补入报文" };

/** Why an attempt to deliver a notice ended as it did, and why a delivery ended (codes of notify). */
export const DELIVERY_RESULTS = {
  sent: "对方已接收", status: "对方返回了错误", errcode: "对方返回失败码", rejected: "对方不接收这条消息", redirect: "对方要求转到别处，没有照做", throttled: "对方要求放慢", gone: "对方称地址已停用",
  "time-out": "对方超时没有应答", "no-connection": "连接不上", "no-name": "找不到这个域名", tls: "对方的证书或加密有问题", "broken-off": "连接中途断开，可能已送到", "refused-address": "地址不允许或写法不对", "no-secret": "缺少密钥或渠道没有配置", error: "通知服务内部出错",
  "schedule-exhausted": "重试次数已用完", expired: "过了送达时限", "team-voided": "队伍已作废", "no-address": "登记的地址已删除", "not-rendered": "消息没有写成", acknowledged: "送出之前已有人签收", silenced: "静默期内不发送",
};

export const UNSERVED_STATES = { waiting: "等待有队伍接收", told: "后来已通知", nobody: "到期仍无队伍接收" };

/** What devices answer to commands (HJ 212-2017 table 5, table 6) and how the wait for them ended, by ingest's sentences. */
export const DEVICE_ANSWERS = {
  refused: "设备拒绝", "wrong password": "访问密码错误", "wrong MN": "设备编号 MN 错误", "wrong ST": "系统编码 ST 错误", "wrong Flag": "标志 Flag 错误", "wrong QN": "请求编号 QN 错误", "unknown command": "设备不认识这条指令", "wrong check code": "校验码错误", "unknown reason": "设备拒绝，原因不明",
  failed: "执行失败", "conditions not met": "执行条件不具备", timeout: "设备执行超时", busy: "设备正忙", "system fault": "设备系统故障", "no data": "设备没有数据", "unknown result": "设备返回的结果不明",
  "the device was not connected": "设备没有连接", "no answer": "多次下发没有应答", "records came, the device did not say that it was done": "数据已补回，设备没有报告完成", "the device accepted and sent nothing": "设备已接受，但没有上传数据",
};

export const SENDER_ATTENTIONS = { unregistered: "未登记", disconnected: "未连接", refused: "有拒收", clock: "时钟偏差" };

export const COMMANDS = {
  "recall-minutes": "补取分钟数据", "recall-hours": "补取小时数据", "recall-days": "补取日数据", "set-time": "校时", "set-real-time-interval": "设置实时间隔",
  "set-minute-interval": "设置分钟间隔", "comparison-sample": "比对采样", "renew-key": "更换密钥", adopt: "接纳登记前的报文",
};

export const COMMAND_STATES = { queued: "等待连接", sent: "已下发", accepted: "设备已接受", executed: "已执行", refused: "设备拒绝", failed: "执行失败", "timed-out": "超时未答" };

export const VERDICTS = { right: "相符", wrong: "不符", absent: "无校验码", none: "无校验码" };

export const READING_FLAGS = {
  N: "正常", F: "停运", M: "维护", S: "手工", D: "故障", C: "校准", T: "超限", B: "通信异常", O: "超量程", P: "电源故障", L: "低于检出限",
};

export const LIMIT_BASES = { national: "国家标准", local: "地方标准", permit: "排污许可", plan: "攻坚方案", "ultra-low": "超低排放" };

export const CONDUCTS = {
  exceedance: "超标排放",
  evasion: "逃避监管",
  "monitoring-duty": "监测义务",
  "false-mark": "虚假标记",
  emergency: "应急响应",
  law: "其他法定义务",
};
